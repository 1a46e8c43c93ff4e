import type { NotCovered, PackAnswer } from '../answer.ts';

const minutes = (text: string) => `${text.slice(0, 16).replace('T', ' ')} UTC`;
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A gap in a sentence. */
export function gapSentence(gap: NotCovered): string {
  switch (gap.kind) {
    case 'unrecorded':
      return `Deployment ${gap.deployment} ran ${gap.artifact}, which was never recorded: what it contained is not known.`;
    case 'inventory-problems': {
      const [first] = gap.problems;
      const more = gap.problems.length > 1 ? ` (and ${gap.problems.length - 1} more)` : '';
      return `Parts of ${gap.artifact} could not be read: ${first?.where ?? ''}: ${first?.message ?? ''}${more}.`;
    }
    case 'not-assessed':
      return `When ${gap.artifact} was last held against the advisories (${minutes(gap.at)}), ${gap.count} kinds of components could not be assessed.`;
    case 'never-assessed':
      return `The components of ${gap.artifact} were never held against advisories.`;
    case 'last-assessed':
      return `What is known of ${gap.artifact} was last brought up to date on ${minutes(gap.at)}; what was published after that is not known here.`;
    case 'feed-age':
      return `The last state of the feed ${gap.feed} that was used (${gap.asOf.slice(0, 10)}) was ${gap.days} days old at the end of the period: older than the policy allows.`;
    case 'not-observed':
      return `Nobody looked at ${gap.environment} from ${minutes(gap.from)} to ${minutes(gap.to)}: what ran then is known from deployments alone.`;
    case 'redacted':
      return `Document ${gap.document} was taken out on ${minutes(gap.at)} (entry ${gap.entry}); its digest is still in the log.`;
    case 'repaired':
      return `The ledger was repaired on ${minutes(gap.at)} (entry ${gap.entry}, ${gap.found}): see repairs/${gap.entry}.json.`;
  }
}

/** What no pack shows, whatever is in it. */
export const limits: readonly string[] = [
  'That no entry was left out which would matter: proofs show that an entry is in the log, not that there is no other. A pack that was made with --whole-log shows it; so does the ledger itself, or whoever watches its log.',
  'That what was recorded was true: the log shows what was said when, and that it was not changed since.',
  'Advisory records that said nothing about these components: they are not kept. So the pack shows why a vulnerability was known, and not why one was not.',
  'That there is no other vulnerability: only that none was known to these feeds at these times in the components that could be seen.',
  'Only what is about this service: documents are whole, so that their digests hold. What a pass learned of components of other software, and what was seen running beside this service, stands in them too; who hands a pack on hands that on.',
  'Who was behind a role or pseudonym: names of people are not in the log.',
];

/** NOT-COVERED.md */
export function gapsText(answer: PackAnswer): string {
  const { service, from, to } = answer.request;
  const clean = (text: string) => text.replace(unprintable, '\u{fffd}').replace(/[\\`*_<>[\]#|]/g, '\\$&');
  const list = answer.notCovered.map((gap) => `- ${clean(gapSentence(gap))}`);
  return [
    `# What this pack does not cover: ${clean(service)}, ${minutes(from)} to ${minutes(to)}`,
    '',
    ...(list.length === 0 ? ['Nothing was found missing.'] : list),
    '',
    '## What no pack shows',
    '',
    ...limits.map((limit) => `- ${clean(limit)}`),
    '',
  ].join('\n');
}
