import { schemeOf } from '../../model/ecosystem.ts';
import type { AlertEvent, ChangeEvent } from '../../model/event.ts';
import { parsePurl } from '../../model/purl.ts';
import { clean, counted, isPlainId } from './clean.ts';
import { componentWords } from './rows.ts';
import type { Step } from './words.ts';

const mostUpgrades = 5;

/** What removes what the changes list: a component, and the latest of the versions that fix something of it; what removes most comes first. */
export function upgradeSteps(changes: readonly ChangeEvent[]): Step[] {
  const fixes = new Map<string, { to: string; ids: Set<string> }>();
  for (const { component, vulnerability, after, state } of changes) {
    if (component === null || vulnerability === null || state === 'ended' || after?.fixedIn == null) continue;
    const known = fixes.get(component);
    if (known === undefined) fixes.set(component, { to: after.fixedIn, ids: new Set([vulnerability.id]) });
    else {
      known.to = later(component, known.to, after.fixedIn);
      known.ids.add(vulnerability.id);
    }
  }
  const ordered = [...fixes].sort(([, a], [, b]) => b.ids.size - a.ids.size);
  const steps = ordered.slice(0, mostUpgrades).map(([component, { to, ids }]) => {
    const of = ids.size === 1 ? clean([...ids].join(), 100) : `${ids.size} vulnerabilities`;
    return { say: `Upgrade ${componentWords(component)} to ${clean(to, 80)} (fixes ${of})`, command: null };
  });
  const rest = ordered.length - steps.length;
  return rest > 0 ? [...steps, { say: `Upgrade ${counted(rest, 'more component')}`, command: null }] : steps;
}

/** The later of two versions; the first where they have no known order. */
function later(component: string, a: string, b: string): string {
  const scheme = schemeOf(parsePurl(component)?.type ?? '');
  if (scheme === null || !scheme.valid(a) || !scheme.valid(b)) return a;
  return scheme.compare(b, a) > 0 ? b : a;
}

/** Where else the worst vulnerability runs. An id that a shell could take for something else stands in no command. */
export function whereStep(changes: readonly ChangeEvent[]): Step[] {
  const id = changes.find((c) => c.vulnerability !== null && isPlainId(c.vulnerability.id))?.vulnerability?.id;
  return id === undefined ? [] : [{ say: 'See where else it runs', command: `kvitto where ${id}` }];
}

/** What to do about an alert. */
export function alertSteps({ state, alert, changes }: AlertEvent): Step[] {
  if (state === 'resolved') return [];
  if (state === 'acknowledged') return [...upgradeSteps(changes), ...whereStep(changes)];
  return [
    { say: 'Say that you know', command: `kvitto ack ${alert} --by ROLE --note "what happens next"` },
    ...upgradeSteps(changes),
    ...whereStep(changes),
  ];
}
