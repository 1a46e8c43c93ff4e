import { nameOf } from '../../model/ecosystem.ts';
import type { ChangeEvent, ChangeKind, KnownState } from '../../model/event.ts';
import { parsePurl } from '../../model/purl.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import { clean } from './clean.ts';
import type { Row } from './words.ts';

/** What a kind of change is called beside what it is about. */
const kindWords: Readonly<Record<ChangeKind, string>> = {
  exploited: 'now exploited',
  new: 'new',
  'severity-up': 'rated higher',
  epss: 'likelier to be exploited',
  'fix-available': 'fix available',
  'severity-down': 'rated lower',
  changed: 'changed',
  withdrawn: 'withdrawn',
  gone: 'gone',
  'decision-expired': 'decision expired',
  'decision-expiring': 'decision expires soon',
  'end-of-life': 'end of life',
  drift: 'drift',
  'unrecorded-deployment': 'unrecorded deployment',
  'gate-bypassed': 'gate bypassed',
  'feed-failed': 'feed failed',
  'feed-stale': 'feed stale',
  'scan-overdue': 'scan overdue',
  'watch-silent': 'nobody watched',
};

/** `3 new, 1 now exploited`, in the order of the kinds. */
export function countWords(counts: Readonly<Partial<Record<ChangeKind, number>>>): string {
  const kinds = Object.keys(kindWords) as ChangeKind[];
  return kinds.flatMap((kind) => (counts[kind] === undefined ? [] : [`${counts[kind]} ${kindWords[kind]}`])).join(', ');
}

/** One change as a row of a table. */
export function rowOf(change: ChangeEvent): Row {
  const { before, after, vulnerability } = change;
  const state = after ?? before;
  const id = vulnerability?.id ?? change.subject;
  return {
    what: changeWords(change),
    title: clean(id, 100) || 'without a name',
    href: vulnerability === null ? null : (sourceOfId(id).url ?? null),
    level: state?.severity ?? null,
    rated: state === null ? '' : ratedWords(state, change),
    component: change.component === null ? '' : componentWords(change.component),
    fix: vulnerability === null || after === null ? '' : clean(after.fixedIn ?? 'no fix yet', 80),
    summary: clean(vulnerability?.summary || (vulnerability === null ? change.message : ''), 200),
  };
}

function changeWords({ change, state, before, after }: ChangeEvent): string {
  if (state === 'ended') return `no longer: ${kindWords[change]}`;
  const moved = change === 'severity-up' || change === 'severity-down';
  if (!moved || before === null || after === null) return kindWords[change];
  return `${kindWords[change]}: ${level(before)} → ${level(after)}`;
}

function level({ severity, score }: KnownState): string {
  return score === null ? severity : `${severity} ${score.toFixed(1)}`;
}

function ratedWords(state: KnownState, { vulnerability }: ChangeEvent): string {
  const epss = vulnerability?.epss ?? null;
  return [
    level(state),
    ...(state.exploited ? ['exploited'] : []),
    ...(epss === null ? [] : [`EPSS ${(epss * 100).toFixed(1)} %`]),
  ].join(', ');
}

/** `openssl 3.0.1` of a purl; the purl itself where it cannot be read. */
export function componentWords(purl: string): string {
  const parsed = parsePurl(purl);
  if (parsed === null) return clean(purl, 120);
  return clean(parsed.version === null ? nameOf(parsed) : `${nameOf(parsed)} ${parsed.version}`, 120);
}
