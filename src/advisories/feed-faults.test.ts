import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { FeedFault, FeedReport } from './feed-report.ts';
import { verifyStore } from './store/verify.ts';
import { osvRecord, writeOsvZip } from './testing/feeds-folder.ts';
import { answers, content, cves, epssFile, kevFile, nvdFile, type Stage, setUp } from './testing/spoilt-feeds.ts';
import type { FactFeedId } from './update.ts';

interface Case {
  readonly what: string;
  readonly feed: FactFeedId | 'osv/Go';
  readonly spoil: (stage: Stage) => void;
  readonly why: FeedFault;
  /** Records found, bad ones among them. */
  readonly found: readonly [number, number] | null;
  readonly message: RegExp;
  /** Whether the message says how to take it all the same. */
  readonly acceptable?: false;
}

const renamed = (from: string, to: string) => (text: string) => text.replaceAll(`"${from}"`, `"${to}"`);
const few = (list: readonly object[], count: number) => list.slice(0, count);
const fewer = (held: number, had: number, share: number) =>
  `holds ${held} records and held ${had}: ${share} % fewer, and more than 20 % at once is not believed`;

const cases: readonly Case[] = [
  {
    what: 'an ecosystem with fewer records',
    feed: 'osv/Go',
    spoil: ({ base }) => writeOsvZip(base, 'Go', few(content.osv.Go, 30)),
    why: 'shrunk',
    found: [30, 0],
    message: new RegExp(`^osv/Go ${fewer(30, 40, 25)}$`),
  },
  {
    what: 'a truncated zip',
    feed: 'osv/Go',
    spoil: ({ cut }) => cut('osv/Go/all.zip'),
    why: 'invalid',
    found: null,
    message: /^osv\/Go\/all\.zip \S.*$/,
    acceptable: false,
  },
  {
    what: 'an empty zip',
    feed: 'osv/Go',
    spoil: ({ base }) => writeOsvZip(base, 'Go', []),
    why: 'invalid',
    found: [0, 0],
    message: /^osv\/Go\/all\.zip is no feed of Go: it has no record at all$/,
    acceptable: false,
  },
  {
    what: 'a zip that is gone',
    feed: 'osv/Go',
    spoil: ({ base }) => rmSync(path.join(base, 'osv/Go/all.zip')),
    why: 'unreachable',
    found: null,
    message: /^\/.*\/feeds has no osv\/Go$/,
    acceptable: false,
  },
  {
    what: 'records that are no JSON',
    feed: 'osv/Go',
    spoil: ({ base }) => writeOsvZip(base, 'Go', [...few(content.osv.Go, 30), ...Array(10).fill('{')]),
    why: 'form-changed',
    found: [40, 10],
    message: /^osv\/Go has another form: 10 of its 40 records \(25 %\) cannot be read; bad were 0 of 40 before$/,
  },
  {
    what: 'records whose key has another name',
    feed: 'osv/Go',
    spoil: ({ base }) =>
      writeOsvZip(
        base,
        'Go',
        content.osv.Go.map((record, n) =>
          JSON.parse((n < 10 ? renamed('affected', 'hit') : String)(JSON.stringify(record))),
        ),
      ),
    why: 'form-changed',
    found: [40, 0],
    message: /^osv\/Go has another form: 30 of its 40 records say something that is read; 40 did before$/,
  },
  {
    what: 'another ecosystem in its place',
    feed: 'osv/Go',
    spoil: ({ base }) => writeOsvZip(base, 'Go', [osvRecord('X-1', 'npm', 'x', '1')]),
    why: 'form-changed',
    found: [1, 0],
    message: /^osv\/Go\/all\.zip is no feed of Go: none of its 1 records is about Go$/,
    acceptable: false,
  },
  {
    what: 'half of KEV',
    feed: 'kev',
    spoil: ({ write }) => write({ kev: content.kev.slice(20) }),
    why: 'shrunk',
    found: [20, 0],
    message: new RegExp(`^kev ${fewer(20, 40, 50)}$`),
  },
  {
    what: 'a KEV without entries',
    feed: 'kev',
    spoil: ({ write }) => write({ kev: [] }),
    why: 'invalid',
    found: [0, 0],
    message: /^kev holds no record$/,
    acceptable: false,
  },
  {
    what: 'a KEV whose list has another name',
    feed: 'kev',
    spoil: ({ rewrite }) => rewrite(kevFile, renamed('vulnerabilities', 'items')),
    why: 'form-changed',
    found: null,
    message: /^the CISA KEV feed has no list of vulnerabilities$/,
    acceptable: false,
  },
  {
    what: 'a KEV whose entries have another key',
    feed: 'kev',
    spoil: ({ rewrite }) => rewrite(kevFile, renamed('cveID', 'cveId')),
    why: 'form-changed',
    found: [40, 40],
    message: /^none of the 40 records of kev can be read: an entry without a CVE id or date \(\)$/,
    acceptable: false,
  },
  {
    what: 'an EU KEV of 40 of which half cannot be read',
    feed: 'eukev',
    spoil: ({ write }) =>
      write({ eukev: [...content.eukev, ...content.eukev.map((e) => ({ ...e, dateReported: 'soon' }))] }),
    why: 'form-changed',
    found: [40, 20],
    message: /^eukev has another form: 20 of its 40 records \(50 %\) cannot be read; bad were 0 of 20 before$/,
  },
  {
    what: 'an EU KEV that is cut short',
    feed: 'eukev',
    spoil: ({ cut }) => cut('eukev/eukev.json'),
    why: 'invalid',
    found: null,
    message: /^eukev\/eukev\.json is no JSON: .+$/,
    acceptable: false,
  },
  {
    what: 'EPSS with another header',
    feed: 'epss',
    spoil: ({ rewrite }) => rewrite(epssFile, (text) => text.replace('cve,epss,percentile', 'cve,epss,percentile,lev')),
    why: 'form-changed',
    found: null,
    message: /^the EPSS feed begins with "cve,epss,percentile,lev", not with cve,epss,percentile$/,
    acceptable: false,
  },
  {
    what: 'EPSS with nothing below its header',
    feed: 'epss',
    spoil: ({ write }) => write({ epss: [] }),
    why: 'invalid',
    found: [0, 0],
    message: /^epss holds no record$/,
    acceptable: false,
  },
  {
    what: 'EPSS that is cut short',
    feed: 'epss',
    spoil: ({ cut }) => cut(epssFile),
    why: 'invalid',
    found: null,
    message: /^epss\/epss_scores-current\.csv\.gz cannot be unpacked: unexpected end of file$/,
    acceptable: false,
  },
  {
    what: 'an NVD year without entries',
    feed: 'nvd',
    spoil: ({ rewrite }) => rewrite(nvdFile, () => '{"vulnerabilities":[]}'),
    why: 'shrunk',
    found: [40, 0],
    message: new RegExp(`^nvd ${fewer(40, 80, 50)}$`),
  },
  {
    what: 'an NVD year that is gone',
    feed: 'nvd',
    spoil: ({ base }) => rmSync(path.join(base, nvdFile)),
    why: 'shrunk',
    found: [40, 0],
    message: new RegExp(`^nvd ${fewer(40, 80, 50)}$`),
  },
  {
    what: 'an NVD year that lost a little of the whole and much of itself',
    feed: 'nvd',
    spoil: ({ write }) => write({ nvd: [...cves(2024), ...cves(2025).slice(12)] }),
    why: 'shrunk',
    found: [68, 0],
    message: new RegExp(`^nvd/nvdcve-2\\.0-2025\\.json\\.gz ${fewer(28, 40, 30)}$`),
  },
  {
    what: 'an NVD year whose scores have another key',
    feed: 'nvd',
    spoil: ({ rewrite }) => rewrite(nvdFile, renamed('metrics', 'ratings')),
    why: 'form-changed',
    found: [80, 0],
    message: /^nvd has another form: 40 of its 80 records say something that is read; 80 did before$/,
  },
  {
    what: 'an NVD year that is another year',
    feed: 'nvd',
    spoil: ({ rewrite }) => rewrite(nvdFile, (text) => text.replaceAll('CVE-2025', 'CVE-2023')),
    why: 'form-changed',
    found: [80, 40],
    message: /^nvd has another form: 40 of its 80 records \(50 %\) cannot be read; bad were 0 of 80 before$/,
  },
];

for (const { what, feed, spoil, why, found, message, acceptable } of cases) {
  test(`not taken for knowledge: ${what}`, async (t) => {
    const stage = await setUp(t);
    const { before, update } = stage;
    const sound = answers(before.store);
    spoil(stage);
    const { perFeed, snapshot, store } = await update({ ecosystems: ['Go'] });
    const had = new Map(before.perFeed.map(({ id, records }) => [id, records]));
    const asItWas = (id: string) => ({ id, records: had.get(id) ?? 0, badRecords: 0, before: had.get(id) ?? 0 });
    const [report] = perFeed.filter(({ id }) => id === feed);
    const { message: said = '', ...rest } = report ?? assert.fail();
    const counts = found === null ? null : { records: found[0], badRecords: found[1] };
    assert.deepEqual(rest, { ...asItWas(feed), state: 'failed', why, found: counts });
    const remedy = acceptable === false ? '' : `; if it is meant to be so: kvitto db update --accept ${feed}`;
    const end = `; its former state (2026-02-20T00:00:00Z) stays in use${remedy}`;
    assert.equal(said.slice(-end.length), end);
    assert.match(said.slice(0, -end.length), message);
    assert.deepEqual(
      perFeed.filter(({ id }) => id !== feed),
      ['osv/Go', 'nvd', 'kev', 'eukev', 'epss']
        .filter((id) => id !== feed)
        .map((id): FeedReport => ({ ...asItWas(id), state: 'unchanged', why: null, found: null })),
    );
    assert.deepEqual(snapshot, before.snapshot);
    assert.deepEqual(verifyStore(store), before.snapshot);
    assert.deepEqual(answers(store), sound);

    // Accepted, what can be read is taken; what cannot be read is not, whatever the user says.
    const accepted = await update({ ecosystems: ['Go'], accept: [feed] });
    const [after] = accepted.perFeed.filter(({ id }) => id === feed);
    if (acceptable === false || counts === null) {
      assert.deepEqual(after, report);
      assert.deepEqual(accepted.snapshot, before.snapshot);
    } else {
      const { message: note = '', ...taken } = after ?? assert.fail();
      assert.deepEqual(taken, {
        id: feed,
        state: 'updated',
        why: null,
        ...counts,
        before: had.get(feed),
        found: counts,
      });
      assert.equal(note.split('; ')[0], `accepted: ${said.slice(0, -end.length).split('; ')[0]}`);
      assert.notEqual(accepted.snapshot.digest, before.snapshot.digest);
      // From then on it is what the next one is held against.
      const next = await update({ ecosystems: ['Go'] });
      assert.deepEqual(
        next.perFeed.map(({ id, state }) => [id, state]),
        ['osv/Go', 'nvd', 'kev', 'eukev', 'epss'].map((id) => [id, 'unchanged']),
      );
    }
  });
}
