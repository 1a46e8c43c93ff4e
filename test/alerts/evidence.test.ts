// Alerts in a pack: who was told, who knew when; found where they are altered or left out.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { PackAnswer } from '../../src/evidence/answer.ts';
import { manifestText } from '../../src/evidence/manifest.ts';
import { buildPack, type Pack } from '../../src/evidence/pack.ts';
import { verifyLedger } from '../../src/evidence/verify-ledger.ts';
import { verifyPack } from '../../src/evidence/verify-pack.ts';
import { writeZip } from '../../src/evidence/zip/write-zip.ts';
import type { ConditionsDocument } from '../../src/ledger/document-shapes.ts';
import { history } from '../../src/ledger/queries/history.ts';
import { acknowledge } from '../../src/ledger/record/acknowledge.ts';
import { redact } from '../../src/ledger/record/redact.ts';
import { putJson } from '../../src/ledger/record/text.ts';
import { dayOf, factsOf, type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, day, scanAt, store } from '../ledger/watch-stage.ts';
import { alertsOf, configOf, run } from './rules-stage.ts';

const rules = configOf(`
owners: [{service: '*', owner: platform}]
alerts:
  - {name: severe, send: [mail], changes: [new], escalate: {after: 1h, send: [log]}}
  - {name: silence, changes: [watch-silent], send: [log]}
`);
const options = { tool: 'kvitto/0.0.0', key: null, trusted: [] };
const request = {
  service: 'shop',
  environment: null,
  from: dayOf(0),
  to: dayOf(9),
  asOf: dayOf(9),
  maxFeedAgeMs: null,
};

async function conditions(small: SmallLedger, began: ConditionsDocument['began'], ended: ConditionsDocument['ended']) {
  const document: ConditionsDocument = { schema: 'kvitto-conditions-1', began, ended };
  const digest = await putJson(small.ledger.documents, document);
  await small.ledger.append('watch', async () => [
    { kind: 'conditions-changed', conditions: digest, began: began.length, ended: ended.length },
  ]);
}

describe('alerts in a pack', () => {
  let small: SmallLedger;
  let pack: Pack | null = null;
  let whole: Pack | null = null;
  const of = (one: Pack | null): Pack => one ?? assert.fail('no pack');
  const text = (path: string) =>
    Buffer.from(of(pack).files.find((f) => f.path === path)?.bytes ?? assert.fail(`no ${path}`)).toString('utf8');
  const answer = (): PackAnswer => JSON.parse(text('pack.json'));

  before(async () => {
    small = await smallLedger();
    await small.record('shop', [a('1.0.0')], store(0, { npm: { a: [], b: [] } }));
    await small.record('till', [b('1.0.0')], store(0, { npm: { a: [], b: [] } }));
    await small.deploy('shop', 'shop');
    await small.deploy('till', 'till');
    await run(small, rules);
    const silent = { what: 'watch-silent' as const, subject: '*', level: '', detail: { message: 'nobody watched' } };
    small.now = dayOf(0.5);
    await conditions(small, [silent, { what: 'epss', subject: 'CVE-2026-0777', level: '0.2', detail: {} }], []);
    await run(small, rules);
    await scanAt(
      small,
      1,
      store(1, { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0002', '2.0.0')] } }, [
        factsOf('CVE-2026-0001', 9.8, true),
      ]),
    );
    await run(small, rules);
    small.now = dayOf(2);
    await run(small, rules);
    await conditions(small, [], [silent]);
    small.now = dayOf(3);
    const [, shop] = await alertsOf(small);
    const alerts = [shop?.id ?? -1];
    const first = await acknowledge(small.ledger, { alerts, actor: 'on-call', note: 'Anna looks at it' });
    small.now = dayOf(4);
    await acknowledge(small.ledger, { alerts, actor: 'security', note: 'we update' });
    const document = first.alerts[0]?.text ?? assert.fail('no note');
    await redact(small.ledger, { document, reason: 'it names a person', actor: 'dpo' });
    await small.record('shop-2', [a('2.0.0')], null);
    await small.deploy('shop', 'shop-2');
    await run(small, rules);
    small.now = dayOf(9);
    pack = await buildPack(small.ledger, request, { wholeLog: false });
    whole = await buildPack(small.ledger, request, { wholeLog: true });
  });
  after(() => small.close());

  test('says who was told and who knew when, and nothing of other services', async () => {
    const { alerts, conditions: held } = answer().told;
    const [silence, shop] = await alertsOf(small);
    assert.deepEqual(
      alerts.map(({ document, entry, escalated, acknowledged, resolved, ...rest }) => ({
        ...rest,
        escalated: escalated.map((e) => [e.at, e.send]),
        acknowledged: acknowledged.map((k) => [k.at, k.by, k.words?.words, k.words?.redacted !== null]),
        resolved: resolved?.at,
      })),
      [
        {
          ...{ alert: silence?.id, rule: 'silence', service: null, environment: null, owner: null },
          ...{
            severity: 'unknown',
            exploited: false,
            total: 1,
            counts: { 'watch-silent': 1 },
            message: 'nobody watched',
          },
          ...{ raised: day(0.5), send: ['log'], escalated: [], acknowledged: [], resolved: day(4) },
        },
        {
          ...{ alert: shop?.id, rule: 'severe', service: 'shop', environment: 'prod', owner: 'platform' },
          ...{ severity: 'critical', exploited: true, total: 1, counts: { new: 1 }, message: shop?.document.message },
          ...{ raised: day(1), send: ['mail'], escalated: [[day(2), ['log']]] },
          acknowledged: [
            [day(3), 'on-call', null, true],
            [day(4), 'security', { note: 'we update' }, false],
          ],
          resolved: day(4),
        },
      ],
    );
    assert.deepEqual(
      held.map(({ what, subject, began, ended, message }) => [what, subject, message, began.at, ended?.at]),
      [['watch-silent', '*', 'nobody watched', day(0.5), day(2)]],
    );
    const files = of(pack).files.map((f) => f.path);
    assert.deepEqual(
      files.filter((f) => f.startsWith('alerts/')).sort(),
      alerts.map((x) => `alerts/${x.entry}/0.json`).sort(),
    );
    const page = text('index.html');
    assert.match(page, /<h2 id="told">4\. Who was told, and who knew when<\/h2>/);
    assert.match(page, /if it must be reported: 24 h end <time datetime="2026-01-05T00:00:00\.000Z">/);
    assert.doesNotMatch(page, /\btill\b|Anna/);
  });

  test('verifies, with the whole log as well; and the ledger agrees with its log', async () => {
    for (const one of [pack, whole]) {
      const { outcome, checks } = await verifyPack(writeZip([...of(one).files]), options);
      assert.deepEqual([outcome, checks.flatMap((c) => [...c.faults, ...c.unchecked])], ['pass', []]);
      const alerts = checks.find((c) => c.id === 'alerts');
      assert.equal(alerts?.count, 5);
    }
    const { outcome, checks } = await verifyLedger(small.ledger, { quick: false, file: null });
    assert.deepEqual([outcome, checks.flatMap((c) => c.faults)], ['pass', []]);
  });

  /** The pack without what a forger takes out, and with what he changes, and a manifest that fits. */
  function forged(change: (path: string, bytes: Uint8Array) => Uint8Array | null, entries = of(pack).manifest.entries) {
    const { manifest, files } = of(pack);
    const kept = files.flatMap(({ path, bytes }) => {
      const now = path === 'manifest.json' ? null : change(path, bytes);
      return now === null ? [] : [{ path, bytes: now }];
    });
    const listed = manifest.files.flatMap((f) => {
      const bytes = kept.find((k) => k.path === f.path)?.bytes;
      return bytes === undefined
        ? []
        : [{ ...f, sizeBytes: bytes.length, sha256: `sha256:${hash('sha256', bytes, 'hex')}` as const }];
    });
    const told = Buffer.from(manifestText({ ...manifest, entries, files: listed }));
    return writeZip([...kept, { path: 'manifest.json', bytes: told }]);
  }

  test('an alert that was altered, and an acknowledgement that was left out, are found', async () => {
    const [, alert] = answer().told.alerts;
    const path = `alerts/${alert?.entry}/0.json`;
    const altered = await verifyPack(
      forged((p, bytes) =>
        p === path ? Buffer.from(Buffer.from(bytes).toString().replace('"total":1', '"total":2')) : bytes,
      ),
      options,
    );
    assert.equal(altered.outcome, 'fail');
    const faults = altered.checks.flatMap((c) => c.faults.map((f) => `${c.id} ${f.place}`));
    assert.ok(faults.includes(`documents ${path}`), faults.join('\n'));

    const ack = alert?.acknowledged[0]?.entry ?? -1;
    const gone = new Set([`log/entries/${ack}.json`, `log/proofs/${ack}.tlog-proof`]);
    const without = await verifyPack(
      forged(
        (p, bytes) => (gone.has(p) ? null : bytes),
        of(pack).manifest.entries.filter((e) => e !== ack),
      ),
      options,
    );
    assert.equal(without.outcome, 'fail');
    const places = without.checks.flatMap((c) => c.faults.map((f) => `${c.id} ${f.place}`));
    assert.ok(
      places.some((p) => p.startsWith('answer pack.json at told.alerts')),
      places.join('\n'),
    );
  });

  test('the history of the service says the same, as known at any moment', async () => {
    const at = async (asOf: number) => {
      const { alerts } = await history(small.ledger, { service: 'shop', environment: null, asOf });
      return alerts.map(({ rule, raised, escalated, acknowledged, resolved }) => [
        ...[rule, raised, escalated !== null, acknowledged?.by, acknowledged?.at, resolved?.at],
      ]);
    };
    assert.deepEqual(await at(dayOf(9)), [['severe', dayOf(1), true, 'on-call', dayOf(3), dayOf(4)]]);
    assert.deepEqual(await at(dayOf(1.5)), [['severe', dayOf(1), false, undefined, undefined, undefined]]);
    assert.deepEqual(await at(dayOf(0.5)), []);
  });

  test('an alert and a list of conditions are no documents to redact', async () => {
    const [alert] = await alertsOf(small);
    const document = answer().told.alerts[0]?.document ?? assert.fail(`no ${alert?.id}`);
    const asked = { document, reason: 'x', actor: 'dpo' };
    await assert.rejects(redact(small.ledger, asked), { code: 'usage', message: /it is an alert, which the ledger/ });
  });
});
