import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { sql } from 'kysely';
import { allEntries } from '../../../src/ledger/all-entries.ts';
import { compareProjections } from '../../../src/ledger/compare.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { openLogFiles } from '../../../src/ledger/publish.ts';
import { deploy } from '../../../src/ledger/record/deploy.ts';
import { type Repaired, repair } from '../../../src/ledger/repair.ts';
import { replay } from '../../../src/ledger/replay.ts';
import type { Digest } from '../../../src/model/inventory.ts';
import type { NewPlace } from '../contract.ts';
import { newFolder, open, type Place, removeFolder, TestClock } from '../place.ts';
import { artifactFact, deployRequest, digest } from '../samples.ts';

const clock = new TestClock('2026-01-01T00:00:00Z');
const again = (place: Place): Promise<Repaired> =>
  repair({ ...place, clock: clock.read, tool: 'kvitto/0.0.0', name: 'kvitto repair', waitMs: 10_000 }, 'ops');

async function deployTo(ledger: Ledger, ...services: string[]): Promise<void> {
  for (const service of services) await deploy(ledger, deployRequest({ service }));
}

/** Services that run, and that the tables are what the log says. */
async function services(place: Place): Promise<string[]> {
  const ledger = await open(place, clock);
  const log = await openLogFiles(ledger.parts);
  const expected = await replay({ entries: allEntries(log, ledger.reader), documents: ledger.documents });
  for await (const each of compareProjections(ledger.database, expected)) assert.fail(JSON.stringify(each));
  const names = await ledger.reader
    .selectFrom('deployment as d')
    .innerJoin('service as s', 's.id', 'd.service')
    .select('s.name')
    .orderBy('d.id')
    .execute();
  assert.equal((await ledger.state()).published_size, (await ledger.state()).size);
  await expected.close();
  await ledger.close();
  return names.map((n) => n.name);
}

/** Copies of a ledger's two halves. */
class Backup {
  readonly #folder = newFolder();
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** The ledger is closed meanwhile. */
  async take(name: string): Promise<void> {
    cpSync(`${this.#place.folder}/log`, `${this.#folder}/${name}-log`, { recursive: true });
    if (this.#place.databaseUrl === null) cpSync(`${this.#place.folder}/ledger.db`, `${this.#folder}/${name}.db`);
    else await this.#sql(`CREATE SCHEMA ${name}`, (t) => `CREATE TABLE ${name}.${t} AS TABLE public.${t}`);
  }

  /** `over`: what is there and not in the copy stays. */
  log(name: string, over = false): void {
    if (!over) rmSync(`${this.#place.folder}/log`, { recursive: true });
    cpSync(`${this.#folder}/${name}-log`, `${this.#place.folder}/log`, { recursive: true });
  }

  async database(name: string): Promise<void> {
    if (this.#place.databaseUrl === null) cpSync(`${this.#folder}/${name}.db`, `${this.#place.folder}/ledger.db`);
    else await this.#sql('SELECT 1', (t) => `TRUNCATE ${t}; INSERT INTO ${t} SELECT * FROM ${name}.${t}`);
  }

  async #sql(first: string, each: (table: string) => string): Promise<void> {
    const ledger = await open(this.#place, clock, { mode: 'write', unchecked: true });
    await sql.raw(first).execute(ledger.reader);
    const { rows } = await sql<{ name: string }>`SELECT tablename AS name FROM pg_tables
      WHERE schemaname = 'public'`.execute(ledger.reader);
    for (const statement of rows.flatMap(({ name }) => each(name).split('; '))) {
      await sql.raw(statement).execute(ledger.reader);
    }
    await ledger.close();
  }

  [Symbol.dispose](): void {
    removeFolder(this.#folder);
  }
}

export function repairTests(newPlace: NewPlace): void {
  describe('repair', () => {
    async function ledgerWith(...names: string[]): Promise<{ place: Place; backup: Backup } & Disposable> {
      const place = await newPlace();
      const ledger = await open(place, clock);
      await deployTo(ledger, ...names);
      await ledger.publish();
      await ledger.close();
      const backup = new Backup(place);
      await backup.take('first');
      return { place, backup, [Symbol.dispose]: () => backup[Symbol.dispose]() };
    }

    async function later(place: Place, ...names: string[]): Promise<Ledger> {
      const ledger = await open(place, clock);
      await deployTo(ledger, ...names);
      return ledger;
    }

    test('a ledger that agrees is left alone', async () => {
      using it = await ledgerWith('a');
      await (await later(it.place, 'b')).close();
      assert.deepEqual(await again(it.place), { document: null, appended: null, missingDocuments: [] });
    });

    test('the database of an old backup gets what the log has beyond it', async () => {
      using it = await ledgerWith('a');
      const ledger = await later(it.place, 'b', 'c');
      const roots = [await ledger.state()];
      await ledger.publish();
      roots.push(await ledger.state());
      await ledger.close();
      await it.backup.database('first');
      await assert.rejects(open(it.place, clock), { code: 'ledger-inconsistent' });
      const { document, appended } = await again(it.place);
      assert.deepEqual(document, {
        schema: 'kvitto-repair-1',
        found: 'log-ahead',
        log: { size: 4, root: roots[1]?.published_root },
        database: { size: 2, publishedSize: 2, publishedRoot: roots[0]?.published_root },
        broughtBack: 2,
        lost: null,
        rows: null,
        entries: [],
        kept: [],
        missingDocuments: [],
      });
      assert.deepEqual(appended, { first: 4, count: 1, recorded: clock.now, clockBehindMs: 0 });
      assert.deepEqual(await services(it.place), ['a', 'b', 'c']);
      assert.deepEqual(await again(it.place), { document: null, appended: null, missingDocuments: [] });
    });

    test('a database that is gone is built from the log', async () => {
      using it = await ledgerWith('a', 'b');
      const elsewhere =
        it.place.databaseUrl === null ? it.place : { ...it.place, ...(await newPlace()), folder: it.place.folder };
      if (it.place.databaseUrl === null) {
        for (const name of readdirSync(it.place.folder))
          if (name.startsWith('ledger.db')) rmSync(`${it.place.folder}/${name}`);
      }
      const { document } = await again(elsewhere);
      assert.deepEqual([document?.found, document?.broughtBack, document?.database.size], ['log-ahead', 3, 0]);
      assert.deepEqual(await services(elsewhere), ['a', 'b']);
    });

    test('a log of an old backup: what the tables knew beyond it is written down, and kept aside', async () => {
      using it = await ledgerWith('a');
      const ledger = await later(it.place, 'b');
      await ledger.publish();
      await deployTo(ledger, 'c');
      await ledger.reader.insertInto('person').values({ pseudonym: 'p1', name: 'Ada' }).execute();
      const state = await ledger.state();
      const before = await ledger.reader.selectFrom('period').selectAll().orderBy('deployment').execute();
      await ledger.close();
      it.backup.log('first');
      const { document, appended } = await again(it.place);
      assert.ok(document !== null);
      const { rows, entries, kept, log, ...rest } = document;
      assert.deepEqual(rest, {
        schema: 'kvitto-repair-1',
        found: 'log-behind',
        database: { size: 4, publishedSize: 3, publishedRoot: state.published_root },
        broughtBack: 0,
        lost: { from: 2, to: 4 },
        missingDocuments: [],
      });
      assert.equal(log.size, 2);
      assert.deepEqual(rows, {
        rows: {
          service: [
            { id: 2, name: 'b' },
            { id: 3, name: 'c' },
          ],
          deployment: [2, 3].map((id) => ({ id, service: id, environment: 1, artifact: 1, marks: 'unrecorded' })),
          period: before.slice(1).map((row) => ({ ...row })),
          outbox: [2, 3].map((entry) => ({ entry, kind: null })),
        },
        more: 0,
      });
      assert.deepEqual(
        entries.map(({ index, entry }) => [index, (entry as { service: string }).service]),
        [[3, 'c']],
      );
      assert.equal(appended?.first, 2);
      const [aside = ''] = kept;
      assert.equal(kept.length, 1);
      if (it.place.databaseUrl === null) assert.ok(existsSync(aside));
      const repaired = await open(it.place, clock);
      assert.deepEqual(
        (await repaired.reader.selectFrom('person').selectAll().execute()).map((p) => ({ ...p })),
        [{ pseudonym: 'p1', name: 'Ada' }],
      );
      if (it.place.databaseUrl !== null) {
        const old = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.id(aside)}.deployment`.execute(
          repaired.reader,
        );
        assert.deepEqual(old.rows, [{ n: 3 }]);
      }
      await deployTo(repaired, 'd');
      await repaired.publish();
      await repaired.close();
      assert.deepEqual(await services(it.place), ['a', 'd']);
    });

    test('both halves of old backups, and another history since: the log says what was', async () => {
      using it = await ledgerWith('a');
      const first = await later(it.place, 'b');
      await first.publish();
      await first.close();
      await it.backup.take('second');
      it.backup.log('first');
      await it.backup.database('first');
      const second = await later(it.place, 'x', 'y');
      await second.publish();
      await second.close();
      await it.backup.database('second');
      await assert.rejects(open(it.place, clock), { code: 'ledger-inconsistent' });
      const { document } = await again(it.place);
      assert.deepEqual(
        [document?.found, document?.lost, document?.rows?.rows['service']],
        ['log-behind', null, [{ id: 2, name: 'b' }]],
      );
      assert.deepEqual(await services(it.place), ['a', 'x', 'y']);
    });

    test('a checkpoint that was set back leaves tiles behind, which are kept aside', async () => {
      using it = await ledgerWith('a');
      const ledger = await later(it.place, 'b');
      await ledger.publish();
      await ledger.close();
      it.backup.log('first', true);
      const { document } = await again(it.place);
      assert.deepEqual([document?.found, document?.lost, document?.kept.length], ['log-behind', { from: 2, to: 3 }, 2]);
      assert.ok(existsSync(`${document?.kept[0]}/tile/entries/000.p/3`));
      assert.equal(existsSync(`${it.place.folder}/log/tile/entries/000.p/3`), true);
      assert.deepEqual(await services(it.place), ['a']);
    });

    test('a log of another ledger, a damaged log and a lost inventory are refused, and nothing is changed', async () => {
      using it = await ledgerWith('a');
      using other = await ledgerWith('z');
      const refused = async (code: string, message: RegExp) => {
        await assert.rejects(again(it.place), (thrown: Error & { code?: string }) => {
          assert.equal(thrown.code, code, thrown.message);
          assert.match(thrown.message, message);
          return true;
        });
      };
      rmSync(`${it.place.folder}/log`, { recursive: true });
      cpSync(`${other.place.folder}/log`, `${it.place.folder}/log`, { recursive: true });
      await refused('ledger-inconsistent', /the log in .*/);
      it.backup.log('first');
      const elsewhere = { folder: it.place.folder, databaseUrl: other.place.databaseUrl };
      if (elsewhere.databaseUrl !== null) await assert.rejects(again(elsewhere), { code: 'ledger-inconsistent' });
      const ledger = await open(it.place, clock);
      const fact = await artifactFact(ledger.documents, digest(7), []);
      await ledger.append('ci', async () => [fact]);
      await ledger.publish();
      const place = ledger.documents.placeOf(fact.inventory);
      await ledger.documents.remove(fact.inventory);
      await ledger.documents.remove(fact.sbom);
      await ledger.close();
      const missing: Digest[] = [fact.inventory, fact.sbom].sort();
      assert.deepEqual(await again(it.place), { document: null, appended: null, missingDocuments: missing });
      await it.backup.database('first');
      await refused(
        'document-missing',
        new RegExp(`^1 documents .* ${fact.inventory} \\(${place}\\), named by entry 2$`),
      );
      rmSync(`${it.place.folder}/log/tile/entries`, { recursive: true });
      await refused('ledger-inconsistent', /is damaged in 1 places; the first is .*tile\/entries/);
    });
  });
}
