import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Fact } from '../../../src/ledger/fact.ts';
import { forever } from '../../../src/ledger/instant.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { deploy } from '../../../src/ledger/record/deploy.ts';
import type { Digest } from '../../../src/model/inventory.ts';
import type { NewPlace } from '../contract.ts';
import { open, TestClock, tablesOf } from '../place.ts';
import {
  artifactFact,
  decision,
  decisionsFact,
  deployRequest,
  digest,
  feedsDocument,
  knownMatch,
  observedFact,
  rescanFact,
} from '../samples.ts';

const t = (text: string) => Date.parse(`${text}T00:00:00Z`);
const lodash = 'pkg:npm/lodash@4.17.20';
const openssl = 'pkg:deb/debian/openssl@3.0.1?distro=debian-12';
const odd = 'pkg:generic/%00%20thing@1';

async function at(ledger: Ledger, clock: TestClock, day: string, ...facts: Fact[]): Promise<number> {
  clock.set(`${day}T00:00:00Z`);
  return (await ledger.append('ci', async () => facts)).first;
}

export function factTests(newPlace: NewPlace): void {
  describe('facts', () => {
    test('each kind leaves its rows, and the one after it what it changes', async () => {
      const clock = new TestClock('2026-01-01T00:00:00Z');
      await using stack = new AsyncDisposableStack();
      const ledger = await open(await newPlace(), clock);
      stack.defer(() => ledger.close());
      const { documents } = ledger;
      const put = (text: string) => documents.put(Buffer.from(text));
      const [report, policy, words] = [await put('{}'), await put('rules'), await put('words')];
      const first = await artifactFact(documents, digest(1), [lodash, openssl, odd, lodash]);
      const second = await artifactFact(documents, digest(1), [lodash]);
      const [snapshot, other] = [digest(0x51), digest(0x52)];
      const feeds = await feedsDocument(documents, snapshot);
      const otherFeeds = await feedsDocument(documents, other);
      const opens = await rescanFact(documents, snapshot, {
        opened: [
          knownMatch(lodash, 'CVE-2026-1', { aliases: ['GHSA-1'], exploitation: [{}] as never }),
          knownMatch(openssl, 'CVE-2026-2', { fixedIn: null, advisories: ['DSA-1', 'DSA-2'] }),
        ],
        names: [
          ['npm', 'lodash', 'f1'],
          ['npm', 'left-pad', null],
        ],
        ids: [
          ['CVE-2026-1', 'i1'],
          ['CVE-0000-0', 'i0'],
        ],
      });
      const changes = await rescanFact(documents, other, {
        opened: [
          knownMatch(lodash, 'CVE-2026-1', {
            aliases: ['GHSA-1', 'OSV-1'],
            firstKnown: '2026-01-05T00:00:00.000Z',
            severity: { level: 'critical', score: 9.8 } as never,
          }),
        ],
        closed: [
          { component: lodash, id: 'CVE-2026-1', why: 'changed' },
          { component: openssl, id: 'CVE-2026-2', why: 'gone' },
          { component: 'pkg:npm/never@1', id: 'CVE-2026-2', why: 'gone' },
        ],
        names: [['npm', 'lodash', 'f2']],
      });
      const drift = { what: 'changed-by-hand', digest: digest(1), containers: 2, paths: ['/etc/passwd'] } as const;
      const observed = await observedFact(documents, [
        { ...drift, service: 'api' },
        { ...drift, service: 'unknown', what: 'unrecorded', containers: 1 },
      ]);
      const verdict = {
        kind: 'verdict-given',
        artifact: digest(1),
        report,
        run: null,
        findings: 2,
        exceptions: 1,
      } as const;

      await at(ledger, clock, '2026-01-02', first, { ...verdict, verdict: 'fail', policy, snapshot });
      await at(ledger, clock, '2026-01-03', { kind: 'snapshot-learned', snapshot, feeds });
      await at(ledger, clock, '2026-01-03', { kind: 'snapshot-learned', snapshot, feeds });
      await at(ledger, clock, '2026-01-05', opens);
      clock.set('2026-01-06T00:00:00Z');
      await deploy(ledger, deployRequest({ breakGlass: 'a fire' }));
      await at(ledger, clock, '2026-01-07', observed);
      await at(ledger, clock, '2026-01-08', { kind: 'snapshot-learned', snapshot: other, feeds: otherFeeds }, changes);
      await at(ledger, clock, '2026-01-09', second, { ...verdict, verdict: 'pass', policy: null, snapshot: null });
      await at(ledger, clock, '2026-01-10', { kind: 'redacted', document: words, text: report });
      await at(ledger, clock, '2026-01-11', { kind: 'redacted', document: words, text: report });
      await at(ledger, clock, '2026-01-12', {
        kind: 'checkpoint-stamped',
        size: 1,
        root: 'ab',
        by: 'rfc3161',
        evidence: report,
      });
      await at(
        ledger,
        clock,
        '2026-01-13',
        { kind: 'key-rotated', from: 'a', to: 'b', byOld: 'c', byNew: 'd', text: words },
        { kind: 'repaired', found: 'log-ahead', report },
      );

      const outbox = [
        ...[
          'ledger-created',
          'artifact-recorded',
          'verdict-given',
          'snapshot-learned',
          'snapshot-learned',
          'rescanned',
        ],
        ...[null, 'observed', 'snapshot-learned', 'rescanned', 'artifact-recorded', 'verdict-given'],
        ...['redacted', 'redacted', 'checkpoint-stamped', 'key-rotated', 'repaired'],
      ];
      assert.deepEqual(await tablesOf(ledger), {
        service: [{ id: 1, name: 'api' }],
        environment: [{ id: 1, name: 'production' }],
        artifact: [
          {
            id: 1,
            digest: digest(1),
            kind: 'image',
            digest_of: 'manifest',
            name: 'registry.example/shop/api:1',
            platform: 'linux/amd64',
            config_digest: digest(0xc0),
            entry: 1,
          },
        ],
        inventory: [
          inventoryRow(1, first, 4, t('2026-01-02'), t('2026-01-09')),
          inventoryRow(10, second, 1, t('2026-01-09'), forever),
        ],
        advisory_name: [
          { id: 1, ecosystem: 'Debian:12', name: 'openssl', fingerprint: '?' },
          { id: 2, ecosystem: 'npm', name: 'lodash', fingerprint: 'f2' },
          { id: 3, ecosystem: 'npm', name: 'left-pad', fingerprint: null },
        ],
        component: [
          { id: 1, purl: openssl, advisory_name: 1 },
          { id: 2, purl: odd, advisory_name: null },
          { id: 3, purl: lodash, advisory_name: 2 },
        ],
        artifact_component: [
          { artifact: 1, component: 1, known_from: t('2026-01-02'), known_to: t('2026-01-09') },
          { artifact: 1, component: 2, known_from: t('2026-01-02'), known_to: t('2026-01-09') },
          { artifact: 1, component: 3, known_from: t('2026-01-02'), known_to: forever },
        ],
        verdict: [
          verdictRow(2, 'fail', policy, snapshot, report, t('2026-01-02')),
          verdictRow(11, 'pass', null, null, report, t('2026-01-09')),
        ],
        deployment: [{ id: 6, service: 1, environment: 1, artifact: 1, marks: 'refused break-glass' }],
        period: [
          {
            deployment: 6,
            service: 1,
            environment: 1,
            artifact: 1,
            valid_from: t('2026-01-06'),
            valid_to: forever,
            ending: 0,
            known_from: t('2026-01-06'),
            known_to: forever,
            entry: 6,
          },
        ],
        observation: [
          {
            id: 7,
            environment: 1,
            at: t('2026-01-02'),
            covers_to: t('2026-01-02') + 3_600_000,
            document: observed.observation,
            containers: 3,
            drift: 2,
            known_from: t('2026-01-07'),
          },
        ],
        drift: [
          {
            observation: 7,
            place: 0,
            environment: 1,
            service: 'api',
            what: 'changed-by-hand',
            digest: digest(1),
            containers: 2,
          },
          {
            observation: 7,
            place: 1,
            environment: 1,
            service: 'unknown',
            what: 'unrecorded',
            digest: digest(1),
            containers: 1,
          },
        ],
        snapshot: [
          { id: 1, digest: snapshot, document: feeds, known_from: t('2026-01-03') },
          { id: 2, digest: other, document: otherFeeds, known_from: t('2026-01-08') },
        ],
        rescan: [
          {
            id: 5,
            snapshot: 1,
            artifact: null,
            components: 2,
            opened: 2,
            closed: 0,
            problems: 0,
            known_from: t('2026-01-05'),
          },
          {
            id: 9,
            snapshot: 2,
            artifact: null,
            components: 2,
            opened: 1,
            closed: 3,
            problems: 0,
            known_from: t('2026-01-08'),
          },
        ],
        vulnerability: [
          { id: 1, name: 'CVE-2026-1', fingerprint: 'i1' },
          { id: 2, name: 'CVE-2026-2', fingerprint: null },
        ],
        vulnerability_name: [
          { name: 'CVE-2026-1', vulnerability: 1, known_from: t('2026-01-05') },
          { name: 'CVE-2026-2', vulnerability: 2, known_from: t('2026-01-05') },
          { name: 'GHSA-1', vulnerability: 1, known_from: t('2026-01-05') },
          { name: 'OSV-1', vulnerability: 1, known_from: t('2026-01-08') },
        ],
        component_match: [
          {
            component: 1,
            vulnerability: 2,
            known_from: t('2026-01-05'),
            known_to: t('2026-01-08'),
            first_known: t('2026-01-05'),
            opened: 5,
            document: 0,
            place: 1,
            snapshot: 1,
            severity: 1,
            score: 75,
            exploited: 0,
            fixed_in: null,
            advisories: 'DSA-1 DSA-2',
          },
          {
            component: 3,
            vulnerability: 1,
            known_from: t('2026-01-05'),
            known_to: t('2026-01-08'),
            first_known: t('2026-01-05'),
            opened: 5,
            document: 0,
            place: 0,
            snapshot: 1,
            severity: 1,
            score: 75,
            exploited: 1,
            fixed_in: '2',
            advisories: 'CVE-2026-1',
          },
          {
            component: 3,
            vulnerability: 1,
            known_from: t('2026-01-08'),
            known_to: forever,
            first_known: t('2026-01-05'),
            opened: 9,
            document: 0,
            place: 0,
            snapshot: 2,
            severity: 0,
            score: 98,
            exploited: 0,
            fixed_in: '2',
            advisories: 'CVE-2026-1',
          },
        ],
        redaction: [{ document: words, entry: 12, known_from: t('2026-01-10') }],
        outbox: outbox.map((kind, entry) => ({ entry, kind })),
      });
    });

    test('a component that comes and goes while the clock stands still', async () => {
      await using stack = new AsyncDisposableStack();
      const ledger = await open(await newPlace(), new TestClock('2026-01-01T00:00:00Z'));
      stack.defer(() => ledger.close());
      const inventories = [[lodash, openssl], [openssl], [lodash], [lodash, openssl]];
      for (const purls of inventories) {
        const fact = await artifactFact(ledger.documents, digest(1), purls);
        await ledger.append('ci', async () => [fact]);
      }
      const [known_from, known_to] = [t('2026-01-01'), forever];
      const tables = await tablesOf(ledger);
      assert.deepEqual(tables['artifact_component'], [
        { artifact: 1, component: 1, known_from, known_to },
        { artifact: 1, component: 2, known_from, known_to },
      ]);
      assert.deepEqual(
        tables['inventory']?.map((row) => ({ ...(row as object), document: null, sbom: null, components: null })),
        [1, 2, 3, 4].map((id) => ({
          id,
          artifact: 1,
          document: null,
          sbom: null,
          components: null,
          problems: 0,
          known_from,
          known_to: id === 4 ? forever : known_from,
        })),
      );
    });

    test('a decision takes the place of one for another name of the vulnerability, in its own scope alone', async () => {
      const clock = new TestClock('2026-01-01T00:00:00Z');
      await using stack = new AsyncDisposableStack();
      const ledger = await open(await newPlace(), clock);
      stack.defer(() => ledger.close());
      const { documents } = ledger;
      const artifact = await artifactFact(documents, digest(1), [lodash]);
      const opens = await rescanFact(documents, digest(0x51), {
        opened: [knownMatch(lodash, 'CVE-2026-1', { aliases: ['GHSA-1'] })],
      });
      await at(ledger, clock, '2026-01-01', artifact, opens);
      const decide = async (day: string, ...list: ReturnType<typeof decision>[]) =>
        await at(ledger, clock, day, await decisionsFact(documents, list));
      await decide(
        '2026-01-02',
        decision('CVE-2026-1', { status: 'under_investigation', justification: null }),
        decision('CVE-2026-1', { service: 'api', until: '2026-02-01T00:00:00.000Z', approvedBy: 'ciso' }),
        decision('CVE-2026-9'),
      );
      await decide('2026-01-03', decision('GHSA-1', { status: 'affected', justification: null }));
      await decide('2026-01-04', decision('NEW-1', { aliases: ['CVE-2026-1'], component: lodash }));
      await decide(
        '2026-01-05',
        decision('CVE-2026-1', { component: lodash, status: 'fixed', justification: null }),
        decision('NEW-2', { aliases: ['CVE-2026-9'] }),
        decision('CVE-2026-9', { status: 'affected', justification: null }),
        decision('CVE-2026-9', { artifact: digest(1) as Digest, environment: 'test' }),
      );
      const number = (entry: number, place: number) => entry * 65_536 + place;
      await at(ledger, clock, '2026-02-01', { kind: 'decisions-expired', decisions: [number(3, 1)] });
      const rows = (await ledger.reader.selectFrom('decision').selectAll().orderBy('id').execute()).map((d) => ({
        ...d,
      }));
      const common = {
        service: null,
        environment: null,
        component: null,
        artifact: null,
        subject: '',
        status: 'not_affected',
        justification: 'component_not_present',
        owner: 'security',
        approved_by: null,
        valid_from: t('2026-01-01'),
        valid_to: forever,
        known_to: forever,
        superseded_by: null,
        expired: null,
      };
      const row = (entry: number, place: number, vulnerability: string, day: string, more: object = {}) => {
        return { ...common, id: number(entry, place), entry, place, vulnerability, known_from: t(day), ...more };
      };
      const plain = { justification: null };
      assert.deepEqual(rows, [
        row(3, 0, 'CVE-2026-1', '2026-01-02', {
          ...plain,
          status: 'under_investigation',
          known_to: t('2026-01-03'),
          superseded_by: number(4, 0),
        }),
        row(3, 1, 'CVE-2026-1', '2026-01-02', {
          service: 'api',
          subject: 's:api',
          valid_to: t('2026-02-01'),
          approved_by: 'ciso',
          expired: 7,
        }),
        row(3, 2, 'CVE-2026-9', '2026-01-02', { known_to: t('2026-01-05'), superseded_by: number(6, 1) }),
        row(4, 0, 'GHSA-1', '2026-01-03', { ...plain, status: 'affected' }),
        row(5, 0, 'NEW-1', '2026-01-04', {
          component: lodash,
          subject: 'c:npm//lodash',
          known_to: t('2026-01-05'),
          superseded_by: number(6, 0),
        }),
        row(6, 0, 'CVE-2026-1', '2026-01-05', {
          ...plain,
          status: 'fixed',
          component: lodash,
          subject: 'c:npm//lodash',
        }),
        row(6, 1, 'NEW-2', '2026-01-05', { known_to: t('2026-01-05'), superseded_by: number(6, 2) }),
        row(6, 2, 'CVE-2026-9', '2026-01-05', { ...plain, status: 'affected' }),
        row(6, 3, 'CVE-2026-9', '2026-01-05', {
          artifact: digest(1),
          environment: 'test',
          subject: `a:${digest(1)}`,
        }),
      ]);
    });
  });
}

function inventoryRow(
  id: number,
  fact: { inventory: Digest; sbom: Digest },
  components: number,
  from: number,
  to: number,
) {
  const { inventory: document, sbom } = fact;
  return { id, artifact: 1, document, sbom, components, problems: 0, known_from: from, known_to: to };
}

function verdictRow(
  id: number,
  verdict: string,
  policy: string | null,
  snapshot: string | null,
  report: string,
  known_from: number,
) {
  return { id, artifact: 1, verdict, policy, snapshot, report, findings: 2, exceptions: 1, known_from };
}
