import type { ChangeEvent, ChangeKind } from '../../model/event.ts';

/** What a change of a vulnerability is called in a sentence. */
const verbs: Readonly<Partial<Record<ChangeKind, string>>> = {
  new: 'is known of',
  exploited: 'is now known to be exploited:',
  'fix-available': 'has a fix now:',
  'severity-up': 'is rated higher:',
  'severity-down': 'is rated lower:',
  changed: 'is described differently:',
  withdrawn: 'was withdrawn:',
  gone: 'is not known of any more:',
};

type Told = Pick<ChangeEvent, 'change' | 'component' | 'before' | 'after' | 'service' | 'environment'> & {
  readonly vulnerability: string;
};

/** One sentence: `CVE-2026-1 (critical, exploited) is known of pkg:npm/left@1 in shop (prod), fixed in 2`. */
export function changeWords({ change, vulnerability, component, before, after, service, environment }: Told): string {
  const now = after ?? before;
  const rated = [
    change.startsWith('severity') && before !== null && after !== null && before.severity !== after.severity
      ? `${before.severity} → ${after.severity}`
      : (now?.severity ?? 'unknown'),
    ...(now?.exploited === true ? ['exploited'] : []),
  ].join(', ');
  const fix = after === null ? '' : after.fixedIn === null ? ', no fix yet' : `, fixed in ${after.fixedIn}`;
  return `${vulnerability} (${rated}) ${verbs[change] ?? change} ${component} in ${placeWords(service, environment)}${fix}`;
}

/** `shop (prod)`. */
export function placeWords(service: string | null, environment: string | null): string {
  return `${service ?? 'no service'}${environment === null ? '' : ` (${environment})`}`;
}
