// A pack from a ledger with a story: what it says, that it verifies, and that every forgery is found and named.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { PackAnswer } from '../../src/evidence/answer.ts';
import { manifestText, type PackManifest } from '../../src/evidence/manifest.ts';
import { buildPack, type Pack } from '../../src/evidence/pack.ts';
import { renderAnswer } from '../../src/evidence/render.ts';
import { verifyLedger } from '../../src/evidence/verify-ledger.ts';
import { type PackVerdict, verifyPack } from '../../src/evidence/verify-pack.ts';
import { type PackFile, writeZip } from '../../src/evidence/zip/write-zip.ts';
import { CodedError } from '../../src/model/errors.ts';
import { postgresMissing, startPostgres } from '../real/postgres.ts';
import { day, first, second, start, type Told, tellStory, tool } from './evidence-stage.ts';

const options = { tool, key: null, trusted: [] };
let told: Told;
let pack: Pack;
let whole: Pack;

const request = (more = {}) => ({
  service: 'shop',
  environment: null,
  from: start,
  to: told.now,
  asOf: told.now,
  maxFeedAgeMs: 7 * day,
  ...more,
});
const text = (files: readonly PackFile[], path: string) =>
  Buffer.from(files.find((f) => f.path === path)?.bytes ?? assert.fail(`no ${path}`)).toString('utf8');
const answerOf = (files: readonly PackFile[]): PackAnswer => JSON.parse(text(files, 'pack.json'));
const faultsOf = (verdict: PackVerdict) => verdict.checks.flatMap((c) => c.faults.map((f) => `${c.id}: ${f.place}`));

/** The pack with some files in place of its own, and a manifest that fits: what a careful forger hands over. */
function forged(
  from: Pack,
  changes: Readonly<Record<string, string | Uint8Array | null>>,
  more: Partial<PackManifest> = {},
) {
  const files = new Map(from.files.map((f) => [f.path, f.bytes]));
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) files.delete(path);
    else files.set(path, Buffer.from(content));
  }
  files.delete('manifest.json');
  const roles = new Map(from.manifest.files.map((f) => [f.path, f.role]));
  const listed = [...files].map(([path, bytes]) => ({
    path,
    sha256: `sha256:${hash('sha256', bytes, 'hex')}` as const,
    sizeBytes: bytes.length,
    role: roles.get(path) ?? ('log' as const),
  }));
  const manifest: PackManifest = {
    ...from.manifest,
    files: listed.sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...more,
  };
  files.set('manifest.json', Buffer.from(manifestText(manifest)));
  return writeZip([...files].map(([path, bytes]) => ({ path, bytes })));
}

/** Data and pages of an answer that a forger changed, all in step. */
function rewritten(change: (answer: PackAnswer) => PackAnswer): Record<string, string> {
  return Object.fromEntries(renderAnswer(change(answerOf(pack.files))).map((f) => [f.path, f.text]));
}

before(async () => {
  told = await tellStory();
  pack = await buildPack(told.ledger, request(), { wholeLog: false });
  whole = await buildPack(told.ledger, request(), { wholeLog: true });
});
after(async () => await told.remove());

describe('a pack', () => {
  test('says what ran: a late fact, an overlap, a correction and a redaction as what they are', () => {
    const { ran } = answerOf(pack.files);
    const at = (days: number) => new Date(start + days * day).toISOString();
    assert.deepEqual(
      ran.deployments.map(({ artifact, marks, beliefs, overlaps, texts, inPeriod }) => ({
        artifact,
        marks,
        inPeriod,
        overlaps: overlaps.length,
        believed: beliefs.map((b) => [b.from, b.to, b.ending, b.knownTo, b.by]),
        texts: texts.map((t) => [t.words, t.redacted !== null]),
      })),
      [
        {
          artifact: first,
          marks: [],
          inPeriod: true,
          overlaps: 2,
          believed: [
            [at(1), null, 'open', at(39), 'deployment-started'],
            [at(1), at(39), 'known', null, 'deployment-started'],
          ],
          texts: [],
        },
        {
          artifact: ran.deployments[1]?.artifact,
          marks: ['unrecorded', 'break-glass', 'late'],
          inPeriod: true,
          overlaps: 1,
          believed: [
            [at(35), null, 'open', at(38), 'deployment-started'],
            [at(35), at(38), 'unknown', null, 'deployment-stopped'],
          ],
          texts: [[null, true]],
        },
        {
          artifact: second,
          marks: [],
          inPeriod: true,
          overlaps: 1,
          believed: [
            [at(39), null, 'open', at(40), 'deployment-started'],
            [at(38), null, 'open', null, 'deployment-corrected'],
          ],
          texts: [[{ reason: 'the clock of the pipeline was wrong' }, false]],
        },
      ],
    );
  });

  test('says what was known as of a moment, and nothing that was learned later', async () => {
    const rows = async (asOf: number) => {
      const { files } = await buildPack(told.ledger, request({ to: start + 10 * day, asOf }), { wholeLog: false });
      assert.equal((await verifyPack(writeZip(files), options)).outcome, 'pass');
      const { vulnerabilities } = answerOf(files).known;
      return vulnerabilities.map((v) => [
        v.vulnerability,
        v.severity,
        v.exploited,
        v.knownWhileRunning,
        v.decision !== null,
      ]);
    };
    assert.deepEqual(await rows(start + 10 * day), [['CVE-2026-0001', 'high', false, true, false]]);
    assert.deepEqual(await rows(start + 36 * day), [
      ['CVE-2026-0001', 'high', true, true, false],
      ['CVE-2026-0002', 'unknown', false, false, false],
    ]);
    // The record of the second was withdrawn, and it was never known while this ran.
    assert.deepEqual(await rows(told.now), [['CVE-2026-0001', 'high', false, true, false]]);
  });

  test('is for a moment and for one environment as well', async () => {
    const moment = start + 37.5 * day;
    const one = await buildPack(told.ledger, request({ from: moment, to: moment, environment: 'prod' }), {
      wholeLog: false,
    });
    assert.equal(answerOf(one.files).ran.deployments.length, 2);
    assert.equal((await verifyPack(writeZip(one.files), options)).outcome, 'pass');
  });

  test('verifies, with the key and without, and says what it does not show', async () => {
    const verdict = await verifyPack(writeZip(pack.files), options);
    assert.deepEqual(faultsOf(verdict), []);
    assert.equal(verdict.outcome, 'pass');
    assert.equal(verdict.notes.length, 2);
    assert.deepEqual(
      verdict.vouched.map((v) => v.by),
      ['witness.example/w'],
    );
    const held = await verifyPack(writeZip(whole.files), { ...options, key: verdict.key });
    assert.deepEqual([held.outcome, held.notes, faultsOf(held)], ['pass', [], []]);
    const stranger = await verifyPack(writeZip(pack.files), { ...options, key: `${verdict.key}x` });
    assert.deepEqual(faultsOf(stranger), ['checkpoint: keys/log.pub']);
  });

  test('is the same again, byte for byte', async () => {
    const again = await buildPack(told.ledger, request(), { wholeLog: false });
    assert.deepEqual(Buffer.from(writeZip(again.files)), Buffer.from(writeZip(pack.files)));
  });

  test('of another version of the matcher is not accused: it cannot be said', async () => {
    const path = pack.manifest.files.find((f) => f.role === 'knowledge')?.path ?? '';
    assert.notEqual(path, '');
    const verdict = await verifyPack(writeZip(pack.files), { ...options, tool: 'kvitto/9' });
    // The matches come out the same: the version alone is no reason to doubt.
    assert.equal(verdict.outcome, 'pass');
  });

  test('of what never ran is refused', async () => {
    await assert.rejects(
      buildPack(told.ledger, request({ service: 'nothing' }), { wholeLog: false }),
      (thrown) => thrown instanceof CodedError && thrown.code === 'not-in-ledger',
    );
  });
});

describe('a forged pack', () => {
  const forgeries: Record<string, () => { zip: Uint8Array; places: string[] }> = {
    'a row of the exposure is gone': () => {
      const changes = rewritten((a) => ({
        ...a,
        known: { ...a.known, vulnerabilities: a.known.vulnerabilities.slice(1) },
      }));
      return { zip: forged(pack, changes), places: ['answer: pack.json at known.vulnerabilities[0].vulnerability'] };
    },
    "a decision's owner is another": () => {
      const changes = rewritten((a) => ({ ...a, decided: a.decided.map((d) => ({ ...d, owner: 'role:nobody' })) }));
      return {
        zip: forged(pack, changes),
        places: ['answer: pack.json at decided[0].owner', 'answer: pack.json at decided[1].owner'],
      };
    },
    'a period is shorter': () => {
      const changes = rewritten((a) => ({
        ...a,
        ran: {
          ...a.ran,
          deployments: a.ran.deployments.map((d, at) =>
            at > 0 ? d : { ...d, beliefs: d.beliefs.map((b) => ({ ...b, from: '2026-01-20T00:00:00.000Z' })) },
          ),
        },
      }));
      return { zip: forged(pack, changes), places: ['answer: pack.json at ran.deployments[0].beliefs[0].from'] };
    },
    'a gap is not told': () => {
      const changes = rewritten((a) => ({ ...a, notCovered: [] }));
      return { zip: forged(pack, changes), places: ['answer: pack.json at notCovered[0]'] };
    },
    'the page says something else than the data': () => {
      const page = text(pack.files, 'index.html').replace('CVE-2026-0001', 'CVE-2026-0003');
      const line = page.split('\n').findIndex((l) => l.includes('CVE-2026-0003')) + 1;
      return { zip: forged(pack, { 'index.html': page }), places: [`answer: index.html line ${line}`] };
    },
    'an entry says something else': () => {
      const entry = text(pack.files, 'log/entries/5.json').replace('"prod"', '"test"');
      return {
        zip: forged(pack, { 'log/entries/5.json': entry }),
        places: ['entries: log/entries/5.json (or its proof)'],
      };
    },
    'an entry is left out, with all that names it': () => {
      const entries = pack.manifest.entries.filter((e) => e !== 25);
      const changes = { 'log/entries/25.json': null, 'log/proofs/25.tlog-proof': null };
      return { zip: forged(pack, changes, { entries }), places: ['answer: pack.json at '] };
    },
    'a document is another': () => {
      const path = pack.files.find((f) => f.path.endsWith('11/decisions.json'))?.path ?? '';
      const changes = { [path]: text(pack.files, path).replace('role:shop-team', 'role:security') };
      return { zip: forged(pack, changes), places: [`documents: ${path}`] };
    },
    'a document is gone': () => {
      const path = pack.files.find((f) => f.path.endsWith('4/report.json'))?.path ?? '';
      return { zip: forged(pack, { [path]: null }), places: [`documents: ${path}`] };
    },
    'a file is besides': () => {
      return { zip: forged(pack, { 'readme.txt': 'hello' }), places: ['documents: readme.txt'] };
    },
    'two files are swapped': () => {
      const [a, b] = ['log/entries/1.json', 'log/entries/2.json'];
      const changes = { [a]: text(pack.files, b), [b]: text(pack.files, a) };
      return { zip: forged(pack, changes), places: [`entries: ${a} (or its proof)`, `entries: ${b} (or its proof)`] };
    },
    'the question was another': () => {
      const asked = { ...pack.manifest.request, asOf: '2026-01-20T00:00:00.000Z' };
      return { zip: forged(pack, {}, { request: asked }), places: ['answer: pack.json at request.asOf'] };
    },
  };
  for (const [name, make] of Object.entries(forgeries)) {
    test(`${name}: found, and its place named`, async () => {
      const { zip, places } = make();
      const verdict = await verifyPack(zip, options);
      assert.equal(verdict.outcome, 'fail');
      const found = faultsOf(verdict);
      for (const place of places)
        assert.ok(
          found.some((f) => f.startsWith(place)),
          `${place} in ${found.join(' | ')}`,
        );
    });
  }

  test('with the checkpoint of another log is found', async () => {
    const other = await tellStory();
    try {
      const theirs = await buildPack(
        other.ledger,
        { ...request(), asOf: other.now, to: other.now },
        { wholeLog: false },
      );
      const zip = forged(pack, { 'log/checkpoint': text(theirs.files, 'log/checkpoint') });
      assert.deepEqual(faultsOf(await verifyPack(zip, options)), ['checkpoint: log/checkpoint']);
    } finally {
      await other.remove();
    }
  });

  test('with the whole log: an entry that was left out is named', async () => {
    const entries = whole.manifest.entries.filter((e) => e !== 25);
    const zip = forged(whole, { 'log/entries/25.json': null, 'log/proofs/25.tlog-proof': null }, { entries });
    assert.ok(faultsOf(await verifyPack(zip, options)).includes('complete: log/entries/25.json'));
  });
});

describe('the page of a pack', () => {
  test('opens without scripts, without the network, and its links lead to files of the pack', () => {
    const page = text(pack.files, 'index.html');
    assert.doesNotMatch(page, /<script|<link|<iframe|<object|<embed|<img|javascript:|\son[a-z]+\s*=|@import|url\(/i);
    const links = [...page.matchAll(/\s(?:href|src)="([^"]*)"/g)].map((m) => m[1] ?? '');
    const paths = new Set(pack.files.map((f) => f.path));
    const ids = new Set([...page.matchAll(/\sid="([^"]*)"/g)].map((m) => `#${m[1]}`));
    assert.deepEqual(
      links.filter((link) => !paths.has(link) && !ids.has(link)),
      [],
    );
    assert.ok(links.length > 20);
    // Words of people and names of files stand there as text.
    assert.match(page, /\/etc\/&lt;script&gt;/);
    const open = [...page.matchAll(/<(\/?)([a-z0-9]+)((?:"[^"]*"|[^>"])*)>/g)].filter((m) => !/\/$/.test(m[3] ?? ''));
    const stack: string[] = [];
    for (const [, closing, name = ''] of open) {
      if (['meta', 'br', 'html'].includes(name)) continue;
      if (closing === '') stack.push(name);
      else assert.equal(stack.pop(), name);
    }
    assert.deepEqual(stack, []);
  });

  test('never says that anything is complied with', () => {
    for (const { path, bytes } of pack.files.filter((f) => /^(?:index\.html|NOT-COVERED\.md)$/.test(f.path))) {
      assert.doesNotMatch(Buffer.from(bytes).toString(), /complian|conform|certified|no vulnerabilities\b/i, path);
    }
  });
});

describe('a ledger', () => {
  test('verifies', async () => {
    const { checks, ...verdict } = await verifyLedger(told.ledger, { quick: false, file: null });
    assert.deepEqual(verdict, { outcome: 'pass', unreferenced: [], unpublished: [], entries: 29 });
    assert.deepEqual(
      checks.map((c) => c.id),
      ['log', 'private-key', 'agreement', 'entries', 'keys', 'documents', 'tables', 'matches'],
    );
  });
});

test('a pack from a ledger on PostgreSQL is the same but for names, keys and salts, and verifies; so does the ledger', async (t) => {
  const missing = postgresMissing();
  if (missing !== null) return t.skip(`LEFT OUT: ${missing}`);
  const postgres = await startPostgres();
  try {
    const there = await tellStory(await postgres.fresh());
    try {
      const { files } = await buildPack(there.ledger, request(), { wholeLog: true });
      const verdict = await verifyPack(writeZip(files), options);
      assert.deepEqual([verdict.outcome, faultsOf(verdict)], ['pass', []]);
      assert.deepEqual(answerOf(files).known.vulnerabilities, answerOf(pack.files).known.vulnerabilities);
      const { outcome, checks } = await verifyLedger(there.ledger, { quick: false, file: null });
      assert.deepEqual([outcome, checks.flatMap((c) => c.faults)], ['pass', []]);
    } finally {
      await there.remove();
    }
  } finally {
    await postgres.stop();
  }
});
