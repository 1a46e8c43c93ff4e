// Hand-made feeds and an SBOM for the picture of findings over time, and what such a picture says where it is measured.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zip } from '../../scripts/build-demo.ts';
import { type SeverityLevel, severityLevels } from '../../src/model/advisory.ts';
import { root } from '../real/parts.ts';

const facts = join(root, 'demo/source/facts');
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** An advisory about every version of an npm component. */
export interface Known {
  /** Null: it has no CVE. */
  readonly cve: string | null;
  readonly component: string;
  /** Null: nobody says. */
  readonly severity: 'CRITICAL' | 'HIGH' | 'MODERATE' | 'LOW' | null;
  /** A day; null: it does not say. Without it: when the feeds are from. */
  readonly published?: string | null;
}

/** Writes feeds into a folder: these advisories, these exploited, and else those of the demo. */
export function writeFeeds(folder: string, at: string, known: readonly Known[], exploited: readonly string[]): void {
  const write = (path: string, bytes: Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  const records = known.map(({ cve, component, severity, published = at }) => ({
    schema_version: '1.7.0',
    id: `GHSA-${cve?.slice(4) ?? 'none'}-${component}`,
    aliases: cve === null ? [] : [cve],
    modified: at,
    ...(published !== null && { published }),
    summary: 'invented for a test',
    affected: [
      {
        package: { ecosystem: 'npm', name: component },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
      },
    ],
    ...(severity !== null && { database_specific: { severity } }),
  }));
  const members = records.map((record) => ({ name: `${record.id}.json`, bytes: json(record) }));
  write('osv/npm/all.zip', zip(members));
  const listed = ['CVE-2026-80000', ...exploited].map((cveID) => ({ cveID, dateAdded: at.slice(0, 10) }));
  const catalogue = JSON.parse(readFileSync(join(facts, 'kev.json'), 'utf8'));
  const [form] = catalogue.vulnerabilities;
  const vulnerabilities = listed.map((entry) => ({ ...form, ...entry }));
  write(
    'kev/known_exploited_vulnerabilities.json',
    json({ ...catalogue, dateReleased: at, count: listed.length, vulnerabilities }),
  );
  write('eukev/eukev.json', readFileSync(join(facts, 'eukev.json')));
  write('nvd/nvdcve-2.0-2026.json.gz', gzipSync(readFileSync(join(facts, 'nvd-2026.json'))));
  write('epss/epss_scores-current.csv.gz', gzipSync(readFileSync(join(facts, 'epss.csv'))));
  const ids = ['osv/npm', 'kev', 'eukev', 'nvd', 'epss'];
  write('mirror.json', json({ feeds: Object.fromEntries(ids.map((id) => [id, { asOf: at }])) }));
}

/** A CycloneDX document of npm components. */
export function sbomOf(purls: readonly string[]): string {
  const components = purls.map((purl) => {
    const [, name = '', version = ''] = /^pkg:npm\/(.+)@(.+)$/.exec(purl) ?? [];
    return { type: 'library', name, version, purl, 'bom-ref': purl };
  });
  return JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components });
}

/** What a picture shows at one point. */
export interface Shown {
  readonly date: string;
  readonly findings: Readonly<Record<SeverityLevel, number>>;
  readonly exploited: number;
}

type Corner = readonly [number, number];

/** The count that a place stands for, by two lines of the grid beside their numbers. */
function scaleOf(svg: string, kind: string): (y: number) => number {
  const pattern = new RegExp(`y1="([\\d.]+)" y2="\\1"/><text class="faint ${kind}"[^>]*>([\\d,]+)<`, 'g');
  const rows = [...svg.matchAll(pattern)].map(([, y, text = '']) => [Number(y), Number(text.replaceAll(',', ''))]);
  const [[y0 = 0, n0 = 0] = [], [y1 = 0, n1 = 0] = []] = [rows[0], rows.at(-1)];
  assert.ok(rows.length >= 2 && y0 !== y1, kind);
  return (y) => n0 + ((y - y0) * (n1 - n0)) / (y1 - y0);
}

function pathsOf(svg: string, kind: string): Corner[][] {
  return [...svg.matchAll(new RegExp(`<path class="${kind}" d="M([^"Z]*)Z?"`, 'g'))].map(([, text = '']) =>
    text.split(' ').map((pair) => {
      const [x = Number.NaN, y = Number.NaN] = pair.split(',').map(Number);
      return [x, y];
    }),
  );
}

/** Where a path crosses a vertical line: its flat edges there, from above. */
function crossings(path: readonly Corner[], x: number): number[] {
  const found = path.slice(1).flatMap(([x1, y1], i) => {
    const [x0, y0] = path[i] ?? [0, 0];
    return y0 === y1 && Math.min(x0, x1) < x && x < Math.max(x0, x1) ? [y1] : [];
  });
  return found.sort((a, b) => a - b);
}

/** What a picture says, measured: the height of each band, and of the line, in the middle of each point's time. */
export function measured(svg: string): Shown[] {
  const [count, few] = [scaleOf(svg, 'count'), scaleOf(svg, 'exploited-count')];
  const hovers = svg.matchAll(/<rect class="hover" x="([\d.]+)"[^>]* width="([\d.]+)"[^>]*><title>(\S+):/g);
  return [...hovers].map(([, x, width, date = '']) => {
    const at = Number(x) + Number(width) / 2;
    const whole = (value: number) => {
      assert.ok(Math.abs(value - Math.round(value)) < 0.02, `${date}: ${value} is no count`);
      return Math.round(value);
    };
    const findings = severityLevels.map((level) => {
      const edges = pathsOf(svg, level).map((path) => crossings(path, at));
      const [[top = 0, bottom = 0] = []] = edges.filter(({ length }) => length > 0);
      return [level, whole(count(top) - count(bottom))];
    });
    const [line = Number.NaN] = pathsOf(svg, 'line').flatMap((path) => crossings(path, at));
    return { date, findings: Object.fromEntries(findings), exploited: whole(few(line)) };
  });
}

/** Holds a text to be well-formed XML, as far as its tags and its texts go. */
export function wellFormed(svg: string): void {
  const open: string[] = [];
  let at = 0;
  for (const tag of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:\s[\w:-]+="[^"<]*")*)(\/?)>/g)) {
    const between = svg.slice(at, tag.index);
    assert.doesNotMatch(between.replace(/&(?:amp|lt|gt|quot|#39);/g, ''), /[<&]/);
    const [whole, closing, name = '', , empty] = tag;
    if (closing === '/') assert.equal(open.pop(), name);
    else if (empty !== '/') open.push(name);
    at = tag.index + whole.length;
  }
  assert.deepEqual([open, svg.slice(at)], [[], '\n']);
}
