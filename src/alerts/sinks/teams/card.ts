import type { SeverityLevel } from '../../../model/advisory.ts';
import { type Row, type Step, type Words, withFewer } from '../../words/words.ts';

/** A message may have 28 KB (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using); less, for what is put around it. */
const mostBytes = 24_000;

const toneStyle = { alarm: 'attention', news: 'accent', good: 'good' } as const;
const levelColour: Readonly<Record<SeverityLevel, string>> = {
  critical: 'Attention',
  high: 'Warning',
  medium: 'Warning',
  low: 'Good',
  negligible: 'Default',
  unknown: 'Default',
};

/**
 * A message with an Adaptive Card (https://adaptivecards.io, version 1.5), as the workflow "Post to a channel when a webhook request is received" takes it. All text of the
 * input stands in text runs, where no Markdown is read; mentions would have to be named apart from the text, and none are. Of many rows as many as fit.
 */
export function teamsMessage(words: Words): object {
  for (let rows = words.rows.length; ; rows--) {
    const message = {
      type: 'message',
      attachments: [{ contentType, contentUrl: null, content: card(withFewer(words, rows)) }],
    };
    if (rows === 0 || Buffer.byteLength(JSON.stringify(message)) <= mostBytes) return message;
  }
}

const contentType = 'application/vnd.microsoft.card.adaptive';

interface Run {
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly color?: string;
  readonly fontType?: 'Monospace';
  readonly isSubtle?: boolean;
}

function card(words: Words): object {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.5',
    msteams: { width: 'Full' },
    fallbackText: words.subject,
    body: [
      {
        type: 'Container',
        style: toneStyle[words.tone],
        bleed: true,
        items: [text([{ text: words.subject, weight: 'Bolder' }])],
      },
      text([{ text: words.lead }]),
      ...(words.facts.length === 0 ? [] : [facts(words)]),
      ...words.rows.map(rowItem),
      ...(words.more === null ? [] : [text(stepRuns(words.more))]),
      ...(words.steps.length === 0 ? [] : [text([{ text: 'What to do', weight: 'Bolder' }])]),
      ...words.steps.map((step) => text([{ text: '• ' }, ...stepRuns(step)])),
      text([{ text: `Event ${words.id}`, isSubtle: true }]),
    ],
    actions: words.links.map((link) => ({ type: 'Action.OpenUrl', title: link.label, url: link.href })),
  };
}

/** Two columns of text runs: a fact set would read Markdown in its values. */
function facts(words: Words): object {
  const column = (width: string, runs: readonly Run[]) => ({
    type: 'Column',
    width,
    items: runs.map((run) => text([run])),
  });
  return {
    type: 'ColumnSet',
    columns: [
      column(
        'auto',
        words.facts.map((f) => ({ text: f.label, isSubtle: true })),
      ),
      column(
        'stretch',
        words.facts.map((f) => ({ text: f.value || '-' })),
      ),
    ],
  };
}

function rowItem({ title, href, level, rated, what, component, fix, summary }: Row): object {
  const name: Run = { text: title, weight: 'Bolder' };
  const first: Run[] = [
    name,
    ...(rated === '' ? [] : [{ text: `  ${rated}`, color: levelColour[level ?? 'unknown'] }]),
    ...(what === '' ? [] : [{ text: `  ${what}` }]),
  ];
  const where: Run[] = [
    { text: component, fontType: 'Monospace' },
    ...(fix === '' ? [] : [{ text: `  fixed in: ${fix}` }]),
  ];
  return {
    type: 'Container',
    separator: true,
    items: [
      text(first),
      ...(component === '' ? [] : [text(where)]),
      ...(summary === '' ? [] : [text([{ text: summary, isSubtle: true }])]),
    ],
    ...(href === null ? {} : { selectAction: { type: 'Action.OpenUrl', title: 'Advisory', url: href } }),
  };
}

function stepRuns({ say, command }: Step): Run[] {
  if (command === null) return [{ text: say }];
  return [{ text: `${say.replace(/:$/, '')}: ` }, { text: command, fontType: 'Monospace' }];
}

function text(runs: readonly Run[]): object {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run, text: apart(run.text) })) };
}

/** Teams makes a link of an address in any text: a character without width takes it apart. */
function apart(words: string): string {
  return words.replace(/(:\/\/|www\.)(?=\S)/gi, '$1\u200b');
}
