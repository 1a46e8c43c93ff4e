import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ZipWriter } from '../src/advisories/testing/zip-writer.ts';

/** Numbers from a seed (mulberry32), so that two runs measure the same feeds. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const syllables = 'ba co di fu ga he jo ku la mi no pa qua re si to ur va wex yo za cri stra plen dor'.split(' ');

/** Kinds of records in the shares and sizes of the public feeds: npm mostly malware, distributions with many releases. */
interface Kind {
  readonly ecosystem: string;
  readonly share: number;
  readonly record: (index: number, tools: Tools) => object;
}

type Tools = ReturnType<typeof toolsFrom>;

function toolsFrom(seed: number) {
  const random = randomFrom(seed);
  const int = (below: number) => Math.floor(random() * below);
  const word = () => Array.from({ length: 2 + int(3) }, () => syllables[int(syllables.length)]).join('');
  const vocabulary = Array.from({ length: 4000 }, word);
  const pick = () => vocabulary[Math.floor(random() ** 2 * vocabulary.length)] ?? 'x';
  const text = (words: number) => Array.from({ length: words }, pick).join(' ');
  const version = () => `${int(20)}.${int(40)}.${int(100)}`;
  const hex = (length: number) => Array.from({ length }, () => int(16).toString(16)).join('');
  const time = () => new Date(1.5e12 + random() * 2.8e11).toISOString();
  return { int, pick, text, version, hex, time };
}

const cve = (index: number) => `CVE-${2000 + (index % 27)}-${10_000 + Math.floor(index / 27)}`;
const vector = (t: Tools) =>
  `CVSS:3.1/AV:${'NAL'[t.int(3)]}/AC:${'LH'[t.int(2)]}/PR:${'NLH'[t.int(3)]}/UI:${'NR'[t.int(2)]}/S:${'UC'[t.int(2)]}/C:${'NLH'[t.int(3)]}/I:${'NLH'[t.int(3)]}/A:H`;
const links = (t: Tools, count: number) =>
  Array.from({ length: count }, () => ({ type: 'WEB', url: `https://example.org/${t.pick()}/${t.hex(24)}` }));
const frame = (id: string, t: Tools) => ({ schema_version: '1.7.0', id, modified: t.time(), published: t.time() });

function malicious(index: number, t: Tools): object {
  const name = `${t.pick()}-${t.pick()}-${t.int(100_000)}`;
  const affected = [{ package: { ecosystem: 'npm', name }, versions: [t.version()] }];
  const details = `---\n_-= Per source details. Do not edit below this line.=-_\n\n## Source\n${t.text(40)} ${t.hex(64)}`;
  return { ...frame(`MAL-2025-${index}`, t), summary: `Malicious code in ${name} (npm)`, details, affected };
}

function reviewed(ecosystem: string, named: (t: Tools) => string, listed: number) {
  return (index: number, t: Tools): object => ({
    ...frame(`GHSA-${t.hex(4)}-${t.hex(4)}-${index.toString(36)}`, t),
    aliases: [cve(index)],
    summary: t.text(9),
    details: t.text(120),
    severity: [{ type: 'CVSS_V3', score: vector(t) }],
    affected: [
      {
        package: { ecosystem, name: named(t) },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: t.version() }] }],
        versions: Array.from({ length: t.int(listed * 2) }, t.version),
      },
    ],
    references: links(t, 5),
    database_specific: { severity: 'HIGH', cwe_ids: ['CWE-79'] },
  });
}

function distribution(ecosystem: string, releases: readonly string[]) {
  return (index: number, t: Tools): object => {
    const name = `${t.pick()}${t.int(6)}`;
    return {
      ...frame(`${ecosystem.toUpperCase()}-${cve(index)}`, t),
      upstream: [cve(index)],
      details: t.text(40),
      severity: [{ type: 'CVSS_V3', score: vector(t) }],
      affected: releases.map((release) => ({
        package: { ecosystem: `${ecosystem}:${release}`, name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: `${t.version()}-${t.int(9)}` }] }],
        versions: Array.from({ length: t.int(6) }, () => `${t.version()}-${t.int(9)}`),
        ecosystem_specific: { urgency: 'not yet assigned' },
      })),
      references: links(t, 3),
    };
  };
}

const kinds: readonly Kind[] = [
  { ecosystem: 'npm', share: 0.46, record: malicious },
  { ecosystem: 'Maven', share: 0.08, record: reviewed('Maven', (t) => `org.${t.pick()}:${t.pick()}`, 20) },
  { ecosystem: 'PyPI', share: 0.06, record: reviewed('PyPI', (t) => t.pick() + t.int(9), 30) },
  { ecosystem: 'Go', share: 0.04, record: reviewed('Go', (t) => `example.org/${t.pick()}/${t.pick()}`, 1) },
  { ecosystem: 'Debian', share: 0.14, record: distribution('Debian', ['11', '12', '13', '14']) },
  {
    ecosystem: 'Ubuntu',
    share: 0.14,
    record: distribution('Ubuntu', ['18.04:LTS', '20.04:LTS', '22.04:LTS', '24.04:LTS', '25.10']),
  },
  { ecosystem: 'Alpine', share: 0.08, record: distribution('Alpine', ['v3.20', 'v3.21', 'v3.22']) },
];

/** Writes a feeds folder with `total` generated OSV records. */
export function generateFeeds(folder: string, total: number): void {
  for (const [seed, kind] of kinds.entries()) {
    const target = path.join(folder, 'osv', kind.ecosystem);
    mkdirSync(target, { recursive: true });
    const zip = new ZipWriter(path.join(target, 'all.zip'));
    const tools = toolsFrom(seed + 1);
    for (let index = 0; index < Math.round(total * kind.share); index += 1) {
      const record = kind.record(index, tools);
      zip.add(`${(record as { id: string }).id}.json`, JSON.stringify(record));
    }
    zip.close();
  }
}
