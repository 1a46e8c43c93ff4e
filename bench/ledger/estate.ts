import { hash } from 'node:crypto';
import type { Digest } from '../../src/model/inventory.ts';

/* What a generated estate consists of. Everything comes of a seed and a scale: two runs measure the same. */

/** Raised when the estate or what is kept of it changes: a built one is then built again. */
export const estateRevision = 1;

export interface EstateSize {
  readonly services: number;
  readonly deployments: number;
  readonly images: number;
  readonly componentsPerImage: number;
  /** Distinct components, three versions of each name. */
  readonly components: number;
  readonly advisories: number;
  readonly matches: number;
  /** In how many quarters advisories, images and deployments arrive. */
  readonly quarters: number;
}

/** The estate of the issue, or a part of it: `scale` 1 is the whole. */
export function estateSize(scale: number): EstateSize {
  const part = (whole: number) => Math.max(1, Math.round(whole * scale));
  return {
    services: part(1_000),
    deployments: part(100_000),
    images: part(2_000),
    componentsPerImage: 400,
    components: part(20_000) * 3,
    advisories: part(40_000),
    matches: part(2_000_000),
    quarters: 12,
  };
}

/** Numbers from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const day = 86_400_000;
const begin = Date.UTC(2023, 0, 1);

/** First instant of a quarter of the estate's three years; quarter 12 is their end. */
export function quarterStart(quarter: number): number {
  return begin + Math.round((quarter * 3 * 365 * day) / 12);
}

export function componentName(index: number): string {
  return `lib-${index.toString(36).padStart(4, '0')}`;
}

const versions = ['1.4.2', '2.0.7', '3.1.0'] as const;

/** purl of a component by its number. */
export function componentPurl(index: number): string {
  return `pkg:npm/${componentName(Math.floor(index / 3))}@${versions[index % 3]}`;
}

export function imageDigest(index: number): Digest {
  return `sha256:${hash('sha256', `image ${index}`, 'hex')}`;
}

/** The components of an image: some that few have, and many that all like to have; no name twice. */
export function imageComponents(index: number, size: EstateSize): string[] {
  const random = randomFrom(1_000_003 + index);
  const names = size.components / 3;
  const own = Math.ceil(size.components / size.images);
  const byName = new Map<number, number>();
  for (let i = 0; i < own; i += 1) {
    // Far apart, so that each is of another name.
    const component = (index + i * size.images) % size.components;
    byName.set(Math.floor(component / 3), component);
  }
  const wanted = Math.min(size.componentsPerImage, names);
  while (byName.size < wanted) {
    const name = Math.floor(names * random() ** 1.5);
    if (!byName.has(name)) byName.set(name, name * 3 + Math.floor(random() * 3));
  }
  return [...byName.values()].map(componentPurl).sort();
}

export function cveOf(index: number): string {
  return `CVE-${2015 + (index % 11)}-${20_000 + Math.floor(index / 11)}`;
}

function ghsaOf(index: number): string {
  const letters = '23456789cfghjmpqrvwx';
  const text = hash('sha256', `ghsa ${index}`, 'hex');
  const at = (i: number) => letters[Number.parseInt(text.slice(i * 2, i * 2 + 2), 16) % letters.length];
  const four = (from: number) => [0, 1, 2, 3].map((i) => at(from + i)).join('');
  return `GHSA-${four(0)}-${four(4)}-${four(8)}`;
}

/** A record in OSV's form that says that names are affected in all their versions. */
function record(index: number, names: readonly number[], modified: number, random: () => number): object {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
  const vector = `CVSS:3.1/AV:${pick(['N', 'A', 'L'])}/AC:${pick(['L', 'H'])}/PR:${pick(['N', 'L', 'H'])}/UI:${pick(['N', 'R'])}/S:U/C:${pick(['N', 'L', 'H'])}/I:${pick(['N', 'L', 'H'])}/A:H`;
  const events = random() < 0.8 ? [{ introduced: '0' }, { fixed: '4.0.0' }] : [{ introduced: '0' }];
  return {
    schema_version: '1.7.0',
    id: ghsaOf(index),
    modified: new Date(modified).toISOString(),
    published: new Date(modified).toISOString(),
    aliases: [cveOf(index)],
    summary: `A flaw in ${names.length} libraries lets somebody do what they should not (${index})`,
    severity: [{ type: 'CVSS_V3', score: vector }],
    affected: names.map((name) => ({
      package: { ecosystem: 'npm', name: componentName(name) },
      ranges: [{ type: 'SEMVER', events }],
    })),
    references: [{ type: 'ADVISORY', url: `https://example.org/advisories/${index}` }],
  };
}

/** Which names an advisory is about: so many in all that the estate has its number of matches. */
export function namesOf(index: number, size: EstateSize): number[] {
  const random = randomFrom(5_000_011 + index);
  const names = size.components / 3;
  const each = size.matches / 3 / size.advisories;
  const count = Math.min(names, Math.floor(each) + (random() < each % 1 ? 1 : 0));
  const chosen = new Set<number>([index % names]);
  while (chosen.size < count) chosen.add(Math.floor(random() * names));
  return [...chosen];
}

/** The advisories that were published by the end of a quarter. */
export function advisoriesAt(quarter: number, size: EstateSize): object[] {
  const random = randomFrom(77);
  const all: object[] = [];
  const until = Math.round((size.advisories * (quarter + 1)) / size.quarters);
  for (let index = 0; index < until; index += 1) {
    const published = begin + (index / size.advisories) * 3 * 365 * day;
    all.push(record(index, namesOf(index, size), published, random));
  }
  return all;
}

/** What a feed adds in one day: as many new advisories, each about one name. */
export function newAdvisories(count: number, size: EstateSize): object[] {
  const random = randomFrom(99);
  const names = size.components / 3;
  const step = Math.max(1, Math.floor(names / count));
  return Array.from({ length: Math.min(count, names) }, (_, i) =>
    record(size.advisories + i, [i * step], quarterStart(size.quarters) + day, random),
  );
}
