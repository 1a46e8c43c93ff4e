import { lookupOf } from '../model/ecosystem.ts';
import type { Finding } from '../model/finding.ts';
import { parsePurl } from '../model/purl.ts';

const mostNamed = 10;

interface Upgrade {
  readonly name: string;
  readonly installed: string;
  to: string;
  count: number;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The later of two versions of a component that fix something. */
function later(component: string, a: string, b: string): string {
  const purl = parsePurl(component);
  const scheme = purl === null ? null : (lookupOf(purl)?.scheme ?? null);
  if (scheme === null || !scheme.valid(a) || !scheme.valid(b)) return a;
  return scheme.compare(a, b) >= 0 ? a : b;
}

/** The upgrades that make a rule pass, those that remove most first, and what remains. */
export function remedyFor(findings: readonly Finding[]): string {
  const upgrades = new Map<string, Upgrade>();
  let unfixed = 0;
  for (const { component, name, installed, fixedIn } of findings) {
    if (fixedIn === null) {
      unfixed++;
      continue;
    }
    const known = upgrades.get(component);
    if (known === undefined) upgrades.set(component, { name, installed, to: fixedIn, count: 1 });
    else {
      known.to = later(component, known.to, fixedIn);
      known.count++;
    }
  }
  const ranked = [...upgrades.values()].sort(
    (a, b) => b.count - a.count || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const named = ranked
    .slice(0, mostNamed)
    .map((u) => `upgrade ${u.name} ${u.installed} to ${u.to} (${plural(u.count, 'finding')})`);
  if (ranked.length > mostNamed) named.push(`upgrade ${plural(ranked.length - mostNamed, 'more component')}`);
  if (unfixed > 0) {
    named.push(
      `no fix is known for ${plural(unfixed, 'finding')}: replace the component, or accept the risk with an exception`,
    );
  }
  return named.join('; ');
}
