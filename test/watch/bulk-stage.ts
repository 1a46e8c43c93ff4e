// What the tests of a pass in parts are made of: stores that differ from day to day, and what must hold afterwards.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { allEntries } from '../../src/ledger/all-entries.ts';
import { compareProjections } from '../../src/ledger/compare.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLogFiles } from '../../src/ledger/publish.ts';
import { readKnowledge } from '../../src/ledger/read-documents.ts';
import { readEntries } from '../../src/ledger/read-entries.ts';
import { replay } from '../../src/ledger/replay.ts';
import { match } from '../../src/match/match.ts';
import { advisory, range } from '../../src/match/testing/memory-store.ts';
import type { AdvisoryStore } from '../../src/model/advisory.ts';
import type { PartSize } from '../../src/watch/bulk/plan.ts';
import { factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { below, store } from '../ledger/watch-stage.ts';

/** Parts of a few components, and entries of a few changes. */
export const tiny: PartSize = { components: 5, changes: 7, changesAlone: 7 };

const nameCount = 24;
export const names = Array.from({ length: nameCount }, (_, n) => `n${n}`);
export const purls = names.flatMap((name) => [1, 2, 3].map((n) => `pkg:npm/${name}@${n}.0.0`));

/**
 * The store of a day. Each day most names change in some way: a record more, one less, one taken back, an alias, another fixed
 * version, a version that cannot be compared; and other facts about some vulnerabilities, which other names share.
 */
export function storeOfDay(day: number): AdvisoryStore {
  const records = names.map((name, n) => {
    const turn = (n + day) % 6;
    const own = below(`CVE-2026-${1000 + n}`, turn === 1 ? '2.0.0' : '4.0.0', {
      withdrawn: turn === 2 ? '2026-01-01T00:00:00Z' : null,
    });
    const shared = below(`CVE-2026-${2000 + (n % 4)}`, '3.0.0');
    const other = below(`GHSA-aaaa-aaaa-aa${10 + n}`, '4.0.0', { aliases: turn === 3 ? [`CVE-2026-${3000 + n}`] : [] });
    const odd = advisory(`CVE-2026-${4000 + n}`, { affected: [range('SEMVER', 'introduced 0', 'fixed what?')] });
    return [name, [own, shared, ...(turn === 4 ? [] : [other]), ...(turn === 5 ? [odd] : [])]] as const;
  });
  const facts = [0, 1, 2, 3].map((n) => factsOf(`CVE-2026-${2000 + n}`, (n + day) % 2 === 0 ? 5 : 9, n === day % 4));
  return store(day, { npm: Object.fromEntries(records) }, facts);
}

/** Three artifacts that share components, two of which run. */
export async function recordAll(small: SmallLedger, of: AdvisoryStore | null): Promise<void> {
  for (const [at, name] of ['one', 'two', 'three'].entries()) {
    await small.record(name, [...purls.filter((_, n) => n % 3 !== at), 'pkg:generic/blind@1'], of);
  }
  await small.deploy('shop', 'one');
  await small.deploy('mail', 'two');
}

/** What `match` says of everything, as lines of component and vulnerability with level and score. */
export function expected(of: AdvisoryStore): string[] {
  const { matches } = match(
    purls.map((purl) => ({ purl })),
    of,
  );
  return matches.map((m) => `${m.component} ${m.id} ${m.severity.level} ${m.severity.score ?? '-'}`).sort();
}

/** What is known now in the same form. What could not be decided stays as it was known: components with such a version are left out. */
export async function knownNow(small: SmallLedger): Promise<string[]> {
  return (await small.known()).map((line) => line.split(' ').slice(0, 4).join(' '));
}

/** Everything that passes left in the tables, but for numbers of entries, documents and rows. */
export async function contentOf(ledger: Ledger): Promise<unknown> {
  const { reader } = ledger;
  const rows = async (query: ReturnType<typeof sql<object>>) =>
    (await query.execute(reader)).rows.map((row) => JSON.stringify(row)).sort();
  return {
    matches:
      await rows(sql`SELECT c.purl, v.name, m.known_from, m.known_to, m.first_known, s.digest, m.severity, m.score, m.exploited,
      m.fixed_in, m.advisories FROM component_match m JOIN component c ON c.id = m.component
      JOIN vulnerability v ON v.id = m.vulnerability JOIN snapshot s ON s.id = m.snapshot`),
    names: await rows(sql`SELECT ecosystem, name, fingerprint FROM advisory_name`),
    vulnerabilities: await rows(sql`SELECT v.name, v.fingerprint, n.name AS other, n.known_from FROM vulnerability v
      JOIN vulnerability_name n ON n.vulnerability = v.id`),
    passes: await rows(sql`SELECT s.digest, r.artifact, r.components, r.problems, r.known_from FROM rescan r
      JOIN snapshot s ON s.id = r.snapshot`),
  };
}

/** The tables are what the log says, row by row. */
export async function agreesWithLog(ledger: Ledger): Promise<void> {
  await ledger.publish();
  const log = await openLogFiles(ledger.parts);
  const rebuilt = await replay({ entries: allEntries(log, ledger.reader), documents: ledger.documents });
  try {
    const differences: unknown[] = [];
    for await (const each of compareProjections(ledger.database, rebuilt)) differences.push(each);
    assert.deepEqual(differences, []);
  } finally {
    await rebuilt.close();
  }
}

/** Read from the log: no match is opened while it is open, none is closed that is not, and each pass ends once. Gives what is open. */
export async function replayed(ledger: Ledger): Promise<string[]> {
  const { size } = await ledger.state();
  const open = new Set<string>();
  const entries = await readEntries(
    ledger,
    Array.from({ length: size }, (_, n) => n),
  );
  for (const [index, entry] of [...entries].sort(([a], [b]) => a - b)) {
    if (entry.kind !== 'rescanned') continue;
    for (const digest of entry.documents) {
      const { opened, closed } = readKnowledge(await ledger.documents.get(digest), digest);
      for (const { component, id } of closed) {
        assert.ok(open.delete(`${component} ${id}`), `entry ${index} closes what is not open: ${component} ${id}`);
      }
      for (const { component, id } of opened) {
        const key = `${component} ${id}`;
        assert.ok(!open.has(key), `entry ${index} opens what is open: ${key}`);
        open.add(key);
      }
    }
  }
  return [...open].sort();
}
