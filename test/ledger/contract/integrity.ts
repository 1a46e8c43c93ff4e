import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { sql } from 'kysely';
import { allEntries } from '../../../src/ledger/all-entries.ts';
import { compareProjections, type Difference, structureFaults } from '../../../src/ledger/compare.ts';
import type { Fact } from '../../../src/ledger/fact.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { openLogFiles } from '../../../src/ledger/publish.ts';
import { deploy, deployAll } from '../../../src/ledger/record/deploy.ts';
import { replay } from '../../../src/ledger/replay.ts';
import type { NewPlace } from '../contract.ts';
import { newFolder, open, removeFolder, TestClock, tablesOf } from '../place.ts';
import { artifactFact, decision, decisionsFact, deployRequest, digest, knownMatch, rescanFact } from '../samples.ts';

const start = '2026-01-01T00:00:00Z';

async function entriesOf(ledger: Ledger): Promise<Record<string, unknown>[]> {
  const log = await openLogFiles(ledger.parts);
  const entries: Record<string, unknown>[] = [];
  for await (const bytes of allEntries(log, ledger.reader)) entries.push(JSON.parse(Buffer.from(bytes).toString()));
  return entries;
}

/** Holds the tables against the log. */
async function differences(ledger: Ledger): Promise<Difference[]> {
  const log = await openLogFiles(ledger.parts);
  const expected = await replay({ entries: allEntries(log, ledger.reader), documents: ledger.documents });
  try {
    const found: Difference[] = [];
    for await (const each of compareProjections(ledger.database, expected)) found.push(each);
    return found;
  } finally {
    await expected.close();
  }
}

/** Something of most kinds. */
async function fill(ledger: Ledger): Promise<void> {
  const { documents } = ledger;
  const [lodash, odd] = ['pkg:npm/lodash@4.17.20', 'pkg:npm/%C3%A9t%C3%A9@1'];
  const artifact = await artifactFact(documents, digest(1), [lodash, odd]);
  const again = await artifactFact(documents, digest(1), [lodash]);
  const opened = [knownMatch(lodash, 'CVE-2026-1', { aliases: ['GHSA-1', 'ghsa-1', 'Ärger-1'] })];
  const opens = await rescanFact(documents, digest(0x51), { opened });
  await ledger.append('ci', async () => [artifact, opens]);
  await deployAll(
    ledger,
    ['api', 'Api', 'äpi', 'web', 'api'].map((service, i) => deployRequest({ service, artifact: digest(i) })),
  );
  const decisions = await decisionsFact(documents, [decision('CVE-2026-1'), decision('GHSA-1')]);
  await ledger.append('ops', async () => [again, decisions]);
}

export function integrityTests(newPlace: NewPlace): void {
  describe('integrity', () => {
    async function fresh() {
      const clock = new TestClock(start);
      const place = await newPlace();
      const ledger = await open(place, clock);
      return { place, ledger, clock, [Symbol.asyncDispose]: () => ledger.close() };
    }

    test('the first entry names the ledger and its key; entries are canonical and numbered without gaps', async () => {
      await using here = await fresh();
      const { ledger, clock } = here;
      await deploy(ledger, deployRequest({ change: 'https://git.example/1', run: 'https://git.example/2' }));
      const { origin, keys } = ledger.parts;
      const recorded = new Date(clock.now).toISOString();
      const common = { v: 1, recorded, tool: 'kvitto/0.0.0' };
      assert.deepEqual(await entriesOf(ledger), [
        { ...common, actor: 'kvitto', kind: 'ledger-created', origin, key: keys[0] },
        {
          ...common,
          actor: 'ci',
          kind: 'deployment-started',
          service: 'api',
          environment: 'production',
          artifact: digest(1),
          image: 'registry.example/shop/api',
          change: 'https://git.example/1',
          run: 'https://git.example/2',
          marks: ['unrecorded'],
        },
      ]);
      const pending = await ledger.reader.selectFrom('pending').selectAll().orderBy('id').execute();
      assert.deepEqual(
        pending.map((p) => [p.id, Buffer.from(p.bytes).toString().slice(0, 9)]),
        [
          [0, '{"actor":'],
          [1, '{"actor":'],
        ],
      );
    });

    test('facts are recorded all or none', async () => {
      await using here = await fresh();
      const { ledger } = here;
      const before = [await ledger.state(), await tablesOf(ledger)];
      const good = await artifactFact(ledger.documents, digest(1), ['pkg:npm/a@1']);
      const lost: Fact = { ...good, inventory: digest(0xbad) };
      const large: Fact = { kind: 'decisions-expired', decisions: Array.from({ length: 20_000 }, (_, i) => i) };
      const broken = async () => Promise.reject(new RangeError('a bug'));
      await assert.rejects(ledger.append('ci', broken), new RangeError('a bug'));
      await assert.rejects(
        ledger.append('ci', async () => [good, lost]),
        { code: 'document-missing' },
      );
      await assert.rejects(
        ledger.append('ci', async () => [good, large]),
        { code: 'limit-exceeded' },
      );
      assert.deepEqual([await ledger.state(), await tablesOf(ledger)], before);
      await ledger.append('ci', async () => [good]);
      assert.deepEqual((await tablesOf(ledger))['artifact']?.length, 1);
    });

    test('whoever builds facts reads in their transaction, or is told so', async () => {
      await using here = await fresh();
      const { ledger } = here;
      await assert.rejects(
        ledger.append('ci', async () => {
          await ledger.state();
          return [];
        }),
        new TypeError('inside an append, read with the tx of its moment'),
      );
      assert.deepEqual(
        await ledger.append('ci', async ({ tx, index }) => {
          const { size } = await tx.selectFrom('ledger').select('size').executeTakeFirstOrThrow();
          assert.deepEqual([size, index], [1, 1]);
          return [];
        }),
        { first: 1, count: 0, recorded: Date.parse(start), clockBehindMs: 0 },
      );
    });

    test('a clock that was set back changes no order, and is written down', async () => {
      await using here = await fresh();
      const { ledger, clock } = here;
      clock.set('2025-12-31T23:00:00Z');
      const { appended, fact } = await deploy(ledger, deployRequest());
      assert.deepEqual(appended, { first: 1, count: 1, recorded: Date.parse(start), clockBehindMs: 3_600_000 });
      assert.equal(fact.from, '2026-01-01T00:00:00.000Z');
      clock.set('2026-01-02T00:00:00Z');
      await deploy(ledger, deployRequest());
      assert.deepEqual(
        (await entriesOf(ledger)).map((e) => [e['recorded'], e['clock']]),
        [
          ['2026-01-01T00:00:00.000Z', undefined],
          ['2026-01-01T00:00:00.000Z', '2025-12-31T23:00:00.000Z'],
          ['2026-01-02T00:00:00.000Z', undefined],
        ],
      );
    });

    test('the log is the same, published after each or at once', async () => {
      await using one = await fresh();
      await using all = await fresh();
      for (const { ledger } of [one, all]) {
        for (let i = 0; i < 300; i += 50) {
          const requests = Array.from({ length: 50 }, (_, at) => deployRequest({ service: `s${i + at}` }));
          await deployAll(ledger, requests);
          if (ledger === one.ledger) await ledger.publish();
        }
      }
      const checkpoint = await all.ledger.publish();
      assert.equal(checkpoint.split('\n')[1], '301');
      assert.deepEqual(await all.ledger.publish(), checkpoint);
      const withoutKey = async (ledger: Ledger) => (await entriesOf(ledger)).slice(1);
      assert.deepEqual(await withoutKey(one.ledger), await withoutKey(all.ledger));
      for (const { ledger } of [one, all]) {
        const { published_root, ...state } = await ledger.state();
        const log = await openLogFiles(ledger.parts);
        assert.deepEqual(state, {
          one: 1,
          origin: ledger.parts.origin,
          size: 301,
          published_size: 301,
          last_recorded: Date.parse(start),
        });
        assert.equal(published_root, Buffer.from(log.root).toString('hex'));
        assert.deepEqual(await ledger.reader.selectFrom('pending').selectAll().execute(), []);
      }
    });

    test('a publish that was interrupted is finished by the next', async () => {
      await using here = await fresh();
      const { ledger, place } = here;
      await deploy(ledger, deployRequest());
      // The files are written, and the database does not know it yet.
      const { signer } = ledger.parts;
      assert.ok(signer !== null);
      const log = await openLogFiles(ledger.parts);
      const pending = await ledger.reader.selectFrom('pending').selectAll().orderBy('id').execute();
      await log.publish(
        pending.map((p) => p.bytes),
        signer,
      );
      await deploy(ledger, deployRequest({ artifact: digest(2) }));
      const again = await open(place, here.clock);
      const checkpoint = await again.publish();
      assert.equal(checkpoint.split('\n')[1], '3');
      assert.deepEqual((await again.state()).published_size, 3);
      await again.close();
      assert.deepEqual(await differences(ledger), []);
    });

    test('a log that cannot be written loses nothing', async () => {
      await using here = await fresh();
      const { ledger } = here;
      const { log } = ledger.parts.paths;
      await deploy(ledger, deployRequest());
      rmSync(log, { recursive: true });
      writeFileSync(log, 'not a folder');
      await assert.rejects(ledger.publish(), { code: 'output-unwritable' });
      await deploy(ledger, deployRequest({ artifact: digest(2) }));
      rmSync(log);
      assert.equal((await ledger.publish()).split('\n')[1], '3');
      assert.deepEqual(await differences(ledger), []);
    });

    test('the tables are a function of the log; a row changed by hand is named', async () => {
      await using here = await fresh();
      const { ledger } = here;
      await fill(ledger);
      await ledger.publish();
      await deploy(ledger, deployRequest({ artifact: digest(9) }));
      assert.deepEqual(await differences(ledger), []);
      assert.deepEqual(await structureFaults(ledger.database), []);
      const change = async (text: string) => await sql.raw(text).execute(ledger.reader);
      await change("UPDATE service SET name = 'shop' WHERE name = 'web'");
      await change('UPDATE period SET valid_to = valid_to - 1 WHERE deployment = 4');
      await change("DELETE FROM vulnerability_name WHERE name = 'GHSA-1'");
      await change("INSERT INTO vulnerability_name (name, vulnerability, known_from) VALUES ('GHSA-0', 1, 1)");
      await change("UPDATE decision SET status = 'fixed', owner = NULL WHERE place = 1");
      const web = await ledger.reader.selectFrom('service').select('id').where('name', '=', 'shop').executeTakeFirst();
      const ended = await ledger.reader.selectFrom('period').selectAll().where('deployment', '=', 4).execute();
      assert.equal(ended.length, 1);
      const { valid_to } = ended[0] ?? { valid_to: 0 };
      const decided = 9 * 65_536 + 1;
      assert.deepEqual(await differences(ledger), [
        { table: 'service', key: `id=${web?.id}`, what: 'changed', column: 'name', actual: 'shop', expected: 'web' },
        {
          table: 'period',
          key: 'deployment=4 entry=4',
          what: 'changed',
          column: 'valid_to',
          actual: valid_to,
          expected: valid_to + 1,
        },
        { table: 'vulnerability_name', key: 'name=GHSA-0 vulnerability=1', what: 'unexpected' },
        { table: 'vulnerability_name', key: 'name=GHSA-1 vulnerability=1', what: 'missing' },
        {
          table: 'decision',
          key: `id=${decided}`,
          what: 'changed',
          column: 'status',
          actual: 'fixed',
          expected: 'not_affected',
        },
        {
          table: 'decision',
          key: `id=${decided}`,
          what: 'changed',
          column: 'owner',
          actual: null,
          expected: 'security',
        },
      ]);
    });

    test('a log or a database that do not belong together are refused, and nothing is written', async () => {
      await using here = await fresh();
      const { ledger, place, clock } = here;
      const { log } = ledger.parts.paths;
      const backup = newFolder();
      const refused = async (message: RegExp) => {
        const before = await ledger.state();
        await assert.rejects(open(place, clock), (thrown: Error & { code?: string }) => {
          assert.equal(thrown.code, 'ledger-inconsistent');
          assert.match(thrown.message, message);
          return true;
        });
        assert.deepEqual(await ledger.state(), before);
      };
      try {
        await deploy(ledger, deployRequest());
        await ledger.publish();
        cpSync(log, `${backup}/old`, { recursive: true });
        await deploy(ledger, deployRequest());
        await ledger.publish();
        cpSync(log, `${backup}/new`, { recursive: true });
        // The log's folder from an old backup.
        rmSync(log, { recursive: true });
        cpSync(`${backup}/old`, log, { recursive: true });
        await refused(
          /the log's files end at entry 2, but the database knows that 3 were in them: 1 entries .* missing$/,
        );
        // The database from an old backup.
        rmSync(log, { recursive: true });
        cpSync(`${backup}/new`, log, { recursive: true });
        const state = await ledger.state();
        await ledger.reader.updateTable('ledger').set({ size: 2, published_size: 2 }).execute();
        await refused(/the log's files hold 3 entries, but the database only 2: the database lacks 1 facts/);
        await ledger.reader
          .updateTable('ledger')
          .set({ ...state, published_root: 'ab' })
          .execute();
        await refused(/the first 3 entries of the log's files are not those of the database$/);
        await ledger.reader.updateTable('ledger').set(state).execute();
        // The log of another ledger, which another key signed.
        await using other = await fresh();
        await other.ledger.publish();
        renameSync(log, `${log}.kept`);
        cpSync(other.ledger.parts.paths.log, log, { recursive: true });
        await refused(/the log in .*: /);
        rmSync(log, { recursive: true });
        renameSync(`${log}.kept`, log);
        await (await open(place, clock)).close();
      } finally {
        removeFolder(backup);
      }
    });

    test('the database of another ledger is refused before anything of it is in a log', async () => {
      await using here = await fresh();
      const { ledger, place, clock } = here;
      const other = newFolder();
      try {
        await (await open({ folder: other, databaseUrl: null }, clock)).close();
        if (place.databaseUrl === null) {
          await ledger.close();
          cpSync(`${place.folder}/ledger.db`, `${other}/ledger.db`);
        }
        const elsewhere = { folder: other, databaseUrl: place.databaseUrl };
        await assert.rejects(open(elsewhere, clock), { code: 'ledger-inconsistent' });
      } finally {
        removeFolder(other);
      }
    });
  });
}
