import { lookupOf } from '../model/ecosystem.ts';
import type { Finding } from '../model/finding.ts';
import { parsePurl } from '../model/purl.ts';

const mostNamed = 10;
const mostComponents = 5;

interface Upgrade {
  readonly name: string;
  readonly installed: string;
  readonly components: Set<string>;
  to: string;
  count: number;
}

/** What is upgraded to replace a component: the source package it is built from, else itself. */
function upgradedBy({ component, name, installed }: Finding): { key: string; name: string; installed: string } {
  const purl = parsePurl(component);
  const lookup = purl === null ? null : lookupOf(purl);
  if (purl === null || lookup === null) return { key: component, name, installed };
  const key = `${purl.type}\0${lookup.ecosystems.join()}\0${lookup.name}\0${lookup.version}`;
  return lookup.by === 'source-package'
    ? { key, name: lookup.name, installed: lookup.version }
    : { key, name, installed };
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

/** ` in libssl3, openssl`; empty where the component itself is upgraded. */
function inComponents({ name, components }: Upgrade): string {
  if (components.size === 1 && components.has(name)) return '';
  const names = [...components].sort();
  const rest = names.length - mostComponents;
  return ` in ${names.slice(0, mostComponents).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The upgrades that make a rule pass, those that remove most first, and what remains. */
export function remedyFor(findings: readonly Finding[]): string {
  const upgrades = new Map<string, Upgrade>();
  let unfixed = 0;
  for (const finding of findings) {
    const { component, fixedIn } = finding;
    if (fixedIn === null) {
      unfixed++;
      continue;
    }
    const { key, name, installed } = upgradedBy(finding);
    const known = upgrades.get(key);
    if (known === undefined) {
      upgrades.set(key, { name, installed, components: new Set([finding.name]), to: fixedIn, count: 1 });
    } else {
      known.to = later(component, known.to, fixedIn);
      known.components.add(finding.name);
      known.count++;
    }
  }
  const ranked = [...upgrades.values()].sort(
    (a, b) => b.count - a.count || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const named = ranked
    .slice(0, mostNamed)
    .map((u) => `upgrade ${u.name} ${u.installed} to ${u.to} (${plural(u.count, 'finding')}${inComponents(u)})`);
  if (ranked.length > mostNamed) named.push(`upgrade ${plural(ranked.length - mostNamed, 'more component')}`);
  if (unfixed > 0) {
    named.push(
      `no fix is known for ${plural(unfixed, 'finding')}: replace the component, or accept the risk with an exception`,
    );
  }
  return named.join('; ');
}
