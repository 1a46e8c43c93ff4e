import { type ReportDocument, reportDocument } from '../../formats/json/schema.ts';
import { wrap } from '../../formats/terminal-text.ts';
import type { Verdicts } from '../../ledger/queries/answers.ts';
import { clip } from '../../model/problem.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { artifactWords, many, when } from './words.ts';

/** Reads a stored report; null for one that is none. */
export function parseReport(bytes: Uint8Array): ReportDocument | null {
  try {
    return reportDocument.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}

/** A verdict with what its report says, and the entry that holds it. */
export interface ExplainedVerdict {
  readonly verdict: Verdicts['verdicts'][number];
  readonly actor: string;
  /** Where it ran. */
  readonly run: string | null;
  /** Null where the report was redacted or cannot be read; `gap` says why. */
  readonly report: ReportDocument | null;
  readonly gap: string | null;
}

/** `kvitto verdict`. */
export function verdictAnswer(subject: string, answer: Verdicts, explained: readonly ExplainedVerdict[]): Answer {
  const document = toDocument('kvitto-verdict-1', {
    subject,
    asOf: answer.asOf,
    verdicts: explained.map(({ verdict, actor, run, report, gap }) => ({
      ...verdict,
      actor,
      run,
      explained: report && { scannedAt: report.scannedAt, complete: report.complete, verdict: report.verdict },
      gap,
    })),
  });
  return {
    document,
    lines: (view) => [
      view.paint.heading(
        `${subject}: ${explained.length === 0 ? 'no verdict was ever given' : many(explained.length, 'verdict')}, as known on ${when(answer.asOf)} UTC`,
      ),
      ...explained.slice(0, view.mostRows).flatMap((v) => ['', ...one(v, view)]),
      ...(explained.length > view.mostRows
        ? ['', `… and ${explained.length - view.mostRows} older ones (--all, or -f json)`]
        : []),
      ...(explained.length === 0 ? ['', 'Next: kvitto gate TARGET --record'] : []),
    ],
  };
}

function one({ verdict, actor, run, report, gap }: ExplainedVerdict, view: View): string[] {
  const { entry, knownFrom, policy, snapshot, deployments } = verdict;
  const word = { pass: 'PASS', fail: 'FAIL', 'cannot-say': 'CANNOT SAY' }[verdict.verdict];
  return [
    `${view.paint.verdict(verdict.verdict, true, word)} on ${when(knownFrom)} UTC for ${artifactWords(verdict)} (entry ${entry})`,
    ...facts(
      [
        `deployed as ${deployments.length === 0 ? 'nothing' : `deployment ${deployments.join(', ')}`}`,
        `given by ${actor}${run === null ? '' : `, ${clip(run)}`}`,
        `policy ${policy === null ? 'the built-in one' : `${policy}${report?.verdict.policy ? ` (${clip(report.verdict.policy.source)})` : ''}`}`,
        `advisories ${snapshot === null ? 'none' : `snapshot ${snapshot}${feedWords(report)}`}`,
        `${many(verdict.findings, 'finding')}, ${many(verdict.exceptions, 'exception')} used; report ${verdict.report}`,
      ],
      view,
    ),
    ...(report === null
      ? facts([`what the rules said cannot be shown: ${gap ?? 'the report is gone'}`], view)
      : reasons(report, view)),
  ];
}

function feedWords(report: ReportDocument | null): string {
  const oldest = report?.snapshot?.feeds.map((f) => f.asOf).sort()[0];
  return oldest === undefined ? '' : `, the oldest feed of ${oldest.slice(0, 10)}`;
}

function reasons({ verdict, complete, problems }: ReportDocument, view: View): string[] {
  const used = verdict.exceptions.filter((e) => e.matched.length > 0);
  return [
    ...verdict.rules.flatMap((r) =>
      facts(
        [
          `rule ${clip(r.rule)} (${clip(r.says)}): ${r.outcome === 'cannot-say' ? 'cannot say' : r.outcome}${
            r.matched.length === 0
              ? ''
              : `, ${r.matched
                  .slice(0, 5)
                  .map((m) => m.id)
                  .join(', ')}${r.matched.length > 5 ? ` and ${r.matched.length - 5} more` : ''}`
          }`,
        ],
        view,
      ),
    ),
    ...used.flatMap((e) =>
      facts(
        [
          `exception for ${clip(e.id)}${e.component === null ? '' : ` in ${clip(e.component)}`} until ${e.until ?? 'no end'}, owner ${clip(e.owner ?? 'nobody')}, ${e.state}: ${clip(e.reason, 300)}`,
        ],
        view,
      ),
    ),
    ...facts(
      verdict.warnings.map((w) => `warning: ${clip(w, 300)}`),
      view,
    ),
    ...(complete ? [] : facts([`not complete: ${many(problems.length, 'part')} could not be read or assessed`], view)),
  ];
}

function facts(list: readonly string[], view: View): string[] {
  return list.flatMap((text) =>
    wrap(text, view.columns - 6).map((line, i) => (i === 0 ? `    ${line}` : `      ${line}`)),
  );
}
