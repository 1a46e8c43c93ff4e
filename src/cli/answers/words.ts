import { fit } from '../../formats/terminal-text.ts';
import type { DeploymentMark } from '../../ledger/fact.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { DecisionRef, DeploymentRef, VerdictRef } from '../../ledger/queries/answers.ts';
import { clip } from '../../model/problem.ts';
import { parsePurl } from '../../model/purl.ts';

/** A moment for people, in UTC: `2026-11-21 14:30`; seconds only where there are any. */
export function when(at: Instant): string {
  const text = new Date(at).toISOString();
  const seconds = text.slice(17, 19) === '00' ? '' : text.slice(16, 19);
  return `${text.slice(0, 10)} ${text.slice(11, 16)}${seconds}`;
}

/** The same to the minute, for tables. */
export function minute(at: Instant): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** The end of a time for people. */
export function end(at: Instant, open: string): string {
  return at >= forever ? open : when(at);
}

/** A length of time in its largest fitting unit: `12 days`. */
export function lengthOf(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ] as const;
  for (const [unit, name] of units) {
    if (ms >= unit) return many(Math.floor(ms / unit), name);
  }
  return many(Math.floor(ms / 1000), 'second');
}

/** `1 row`, `1,234 rows`. */
export function many(n: number, what: string, plural = `${what}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? what : plural}`;
}

/** The line below rows that were cut. */
export function moreRows(n: number): string {
  return `… and ${n.toLocaleString('en-US')} more (--all, or -f json)`;
}

/** The first digits of a digest, enough to find it again. */
export function short(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** An artifact in a table. */
export function artifactWords({ artifact }: Pick<DeploymentRef, 'artifact'>): string {
  return artifact.name === null ? short(artifact.digest) : `${clip(artifact.name)} ${short(artifact.digest)}`;
}

const markWords: Readonly<Record<DeploymentMark, string>> = {
  unrecorded: 'never recorded: what it contains is not known',
  'no-verdict': 'recorded, but no gate was asked',
  refused: 'the gate refused it',
  'cannot-say': 'the gate could not say',
  'break-glass': 'the gate was bypassed, with a reason',
  late: 'recorded late',
};

/** What a mark says, in a sentence. */
export function markSentence(mark: DeploymentMark): string {
  return markWords[mark];
}

/** A verdict in a table. */
export function verdictWord(verdict: Pick<VerdictRef, 'verdict'> | null): string {
  return verdict === null ? 'none' : { pass: 'pass', fail: 'FAIL', 'cannot-say': 'cannot say' }[verdict.verdict];
}

/** A decision in a table: status, who owns it, until when. */
export function decisionWords(decision: DecisionRef | null, columns = 60): string {
  if (decision === null) return 'none';
  const { status, owner, validTo } = decision;
  const until = validTo >= forever ? '' : ` until ${when(validTo).slice(0, 10)}`;
  return fit(`${status}${owner === null ? '' : ` (${owner})`}${until}`, columns);
}

/** A component for people: name and version, without what its purl says besides. The purl itself where it cannot be read. */
export function componentWords(purl: string): string {
  const parsed = parsePurl(purl);
  if (parsed === null) return clip(purl);
  const { namespace, name, version, type } = parsed;
  const full =
    namespace === null || namespace === '' || type === 'deb' || type === 'apk' || type === 'rpm'
      ? name
      : `${namespace}/${name}`;
  return clip(version === null || version === '' ? full : `${full} ${version}`);
}
