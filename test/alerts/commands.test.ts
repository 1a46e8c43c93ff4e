// The commands about alerts, as they are typed: exact exit codes, exact documents.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mostAlerts } from '../../src/ledger/apply/alerts.ts';
import { dayOf, factsOf, type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { allRefused, documentOf, ledgerStage, refused } from '../ledger/command-line.ts';
import { a, b, below, day, scanAt, store } from '../ledger/watch-stage.ts';
import { alertsOf, configOf, run } from './rules-stage.ts';

const config = `
owners: [{service: shop, owner: team-shop}]
alerts: [{name: severe, severity: high, send: [mail], escalate: {after: 4h, send: [log]}}, {name: rest, services: [till], send: [mail]}]
`;

// Children inherit it.
process.env['HOOK_SECRET'] = `whsec_${Buffer.from('0'.repeat(32)).toString('base64')}`;

describe('alerts as they are typed', () => {
  const stage = ledgerStage('alerts');
  let small: SmallLedger;
  let folder = '';
  let [worst, lesser] = [0, 0];
  const on = (words: readonly string[]) => [...words, '--ledger', folder];
  const json = (moment: string, words: readonly string[], exit = 0) =>
    documentOf(stage.at(moment, [...on(words), '-f', 'json']), exit);

  before(async () => {
    small = await smallLedger();
    folder = small.ledger.parts.paths.folder;
    await small.record('shop', [a('1.0.0'), b('1.0.0')], store(0, { npm: { a: [], b: [] } }));
    await small.deploy('shop', 'shop');
    await small.deploy('till', 'shop');
    const rules = configOf(config);
    await run(small, rules);
    const known = store(1, { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0002', '2.0.0')] } }, [
      factsOf('CVE-2026-0001', 9.8, true),
      factsOf('CVE-2026-0002', 5),
    ]);
    await scanAt(small, 1, known);
    assert.equal((await run(small, rules)).raised, 3);
    small.now = dayOf(1) + 5 * 3_600_000;
    assert.equal((await run(small, rules)).escalated, 2);
    const all = await alertsOf(small);
    assert.deepEqual(
      all.map((r) => `${r.rule} ${r.document.service}`),
      ['severe shop', 'severe till', 'rest till'],
    );
    [worst = 0, , lesser = 0] = all.map((r) => r.id);
  });
  after(() => small.close());

  test('alerts: what is open, worst first', () => {
    const { alerts, ...rest } = json(day(2), ['alerts']);
    assert.deepEqual(rest, { schema: 'kvitto-alerts-1', at: day(2), total: 3 });
    assert.ok(Array.isArray(alerts));
    assert.deepEqual(
      alerts.map((each) => [each.alert, each.rule, each.state, each.exploited]),
      [
        [lesser, 'rest', 'open', true],
        [lesser - 1, 'severe', 'open', true],
        [worst, 'severe', 'open', true],
      ],
    );
    const { document, message, thread, ...told } = alerts[2];
    assert.match(`${document} ${thread}`, /^sha256:[0-9a-f]{64} [0-9a-f]{16}$/);
    assert.equal(
      message,
      'CVE-2026-0001 (critical, exploited) is known of pkg:npm/a@1.0.0 in shop (prod), fixed in 2.0.0',
    );
    assert.deepEqual(told, {
      ...{ alert: worst, rule: 'severe', service: 'shop', environment: 'prod', severity: 'critical', exploited: true },
      ...{ total: 1, owner: 'team-shop', escalated: told.escalated, state: 'open' },
      ...{ raised: day(1), escalateAt: day(1 + 4 / 24), acknowledged: null, resolved: null },
    });
    assert.equal(json(day(2), ['alerts', '--service', 'shop'])['total'], 1);
    const text = stage.at(day(2), on(['alerts'])).stdout;
    assert.match(text, /^3 open alerts on 2026-01-03 00:00 UTC\n\nNO\. .*RAISED/);
    assert.match(text, /critical EXPLOITED {2}severe {2}shop \(prod\) {2}1 +open, escalated/);
  });

  test('what cannot be: unknown alerts, services, sinks, and what is no number', () => {
    allRefused(stage, day(2), [
      [on(['alerts', '--service', 'shopp']), 4, /knows no service shopp\n {2}→ did you mean shop\?/],
      [on(['alerts', 'show', '17']), 4, /there is no alert 17\n/],
      [on(['ack', '17', '--by', 'on-call']), 4, /there is no alert 17\n/],
      [on(['ack', `${worst}`, 'x', '--by', 'on-call']), 2, /ALERT: not a number: x\n/],
      [on(['ack', `${worst}`, '--by', 'two words']), 2, /--by has characters that a name cannot have/],
      [on(['ack', `${worst}`, '--by', 'on-call', '--note', ' ']), 2, /--note is empty/],
      [['alerts', 'test', 'mail'], 2, /no sink is named mail\n {2}→ kvitto.yaml names none/],
      [on(['alerts', 'preview', '--since', 'yesterday']), 2, /--since: not a date or time/],
      [on(['alerts', 'sinks', '--config', 'none.yaml']), 2, /cannot read none.yaml/],
    ]);
    const nobody = stage.at(day(2), on(['ack', `${worst}`]));
    assert.deepEqual([nobody.status, nobody.stdout], [2, '']);
    assert.match(nobody.stderr, /required option '--by <role>' not specified/);
  });

  test('ack: the first counts, later ones are recorded besides; both moments and what would be due', () => {
    const acked = json(day(2), ['ack', `${worst}`, `${lesser}`, '--by', 'on-call', '--note', 'shop is affected']);
    const { alerts, ...rest } = acked;
    assert.deepEqual(rest, { schema: 'kvitto-ack-1', actor: 'on-call', recorded: day(2) });
    assert.ok(Array.isArray(alerts));
    const { entry, note } = alerts[0];
    const other = alerts[1].note;
    const clock = {
      raised: day(1),
      aware: { at: day(2), by: 'on-call' },
      ifReportable: { hours24: day(3), hours72: day(5) },
    };
    assert.deepEqual(alerts, [
      { alert: worst, entry, note, first: true, resolved: null, clock },
      { alert: lesser, entry: entry + 1, note: other, first: true, resolved: null, clock },
    ]);
    assert.notEqual(note, other);
    const again = stage.at(day(3), on(['ack', `${worst}`, '--by', 'security'])).stdout;
    assert.equal(
      again,
      `Alert ${worst} acknowledged by security, entry ${entry + 2}
Raised        2026-01-02 00:00 UTC   the signal
Acknowledged  2026-01-03 00:00 UTC by on-call   from then on somebody knew
If it must be reported: 24 hours end 2026-01-04 00:00 UTC, 72 hours end 2026-01-06 00:00 UTC
  Counted from the acknowledgement. Whether it must be, and whether somebody knew before, is for you to say.
  on-call came first (entry ${entry}), and that counts; this one is recorded besides.
`,
    );
    const shown = json(day(3), ['alerts', 'show', `${worst}`]);
    const { acknowledgements, told, escalation, changes, clock: both } = shown;
    assert.deepEqual(both, clock);
    assert.deepEqual(acknowledgements, [
      {
        entry,
        at: day(2),
        by: 'on-call',
        note: { entry, document: note, text: 'shop is affected', redacted: false },
      },
      { entry: entry + 2, at: day(3), by: 'security', note: null },
    ]);
    assert.deepEqual(told, [
      { sink: 'mail', what: 'raised', state: 'unserved', reason: null },
      { sink: 'log', what: 'escalated', state: 'unserved', reason: null },
    ]);
    assert.ok(Array.isArray(changes) && changes.length === 1);
    assert.deepEqual({ ...(escalation as object), entry: 0 }, { entry: 0, at: day(1 + 5 / 24), send: ['log'] });

    const redacted = json(day(3), ['redact', note, '--reason', 'a name stood there', '--by', 'dpo']);
    assert.equal(redacted['already'], false);
    const text = stage.at(day(3), on(['alerts', 'show', `${worst}`])).stdout;
    assert.match(text, /Who knew\n {2}2026-01-03 00:00 UTC on-call \(entry \d+\) \[words redacted\]\n/);
    assert.match(text, /mail: raised, nobody delivers to it yet \(kvitto watch does\)/);
    const verified = stage.at(day(3), ['verify', '--ledger', folder]);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  });

  test('preview: what rules would have raised, without a trace', async () => {
    const file = join(stage.folder, 'preview.yaml');
    writeFileSync(
      file,
      'version: 1\nsinks: {hook: {type: webhook, url: "http://127.0.0.1:9/x", secret: {env: NONE}}}\nalerts: [{name: x, exploited: true, send: [hook]}, {name: none, changes: [drift]}]\n',
    );
    const size = (await small.ledger.state()).size;
    const { worst: list, ...rest } = json(day(3), ['alerts', 'preview', '--since', day(0), '--config', file]);
    assert.deepEqual(rest, {
      ...{ schema: 'kvitto-alerts-preview-1', from: day(0), until: day(3), alerts: 2, changes: 2 },
      rules: [
        { name: 'x', alerts: 2, changes: 2 },
        { name: 'none', alerts: 0, changes: 0 },
      ],
      sinks: [{ name: 'hook', alerts: 2, changes: 2 }],
      services: [
        { name: 'shop (prod)', alerts: 1, changes: 1 },
        { name: 'till (prod)', alerts: 1, changes: 1 },
      ],
    });
    assert.ok(Array.isArray(list) && list.length === 2);
    assert.equal(json(day(3), ['alerts', 'preview', '--since', '1d', '--config', file])['alerts'], 0);
    assert.equal((await small.ledger.state()).size, size);
  });

  test('test, sinks and dead letters, with a receiver that answers', async () => {
    let status = 204;
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const file = join(stage.folder, 'hook.yaml');
      const hook = `{type: webhook, url: "http://127.0.0.1:${port}/hook", secret: {env: HOOK_SECRET}}`;
      writeFileSync(file, `version: 1\nsinks:\n  hook: ${hook}\n`);
      const type = { schema: 'kvitto-alerts-test-1', sink: 'hook', type: 'webhook' };
      const first = documentOf(
        await stage.startAt(day(3), ['alerts', 'test', 'hook', '--config', file, '-f', 'json']),
        0,
      );
      assert.deepEqual(first, { ...type, event: first['event'], delivered: true, outcome: 'delivered', message: null });
      assert.match(bodies[0] ?? '', /TEST, not an alarm/);
      status = 422;
      const second = documentOf(
        await stage.startAt(day(3), ['alerts', 'test', 'hook', '--config', file, '-f', 'json']),
        4,
      );
      assert.deepEqual([second['delivered'], second['outcome']], [false, 'refused']);

      const entry = Math.floor(worst / mostAlerts);
      const letter = { sink: 'hook', event: `x-${entry}-0`, entry, place: 0, reason: 'it said 400', at: dayOf(2) };
      await small.ledger.database.kysely.insertInto('dead_letter').values(letter).execute();
      const { sinks } = json(day(3), ['alerts', 'sinks', '--config', file]);
      assert.ok(Array.isArray(sinks));
      const { events, ...state } = sinks[0];
      assert.ok(Array.isArray(events));
      assert.deepEqual(state, {
        ...{ name: 'hook', type: 'webhook', entry: null, behind: 0, delivered: 0, moved: null, failing: null },
        deadLetters: 1,
      });
      const dead = ['alerts', 'dead', '--config', file];
      assert.deepEqual(json(day(3), dead), {
        schema: 'kvitto-alerts-dead-1',
        taken: null,
        letters: [{ ...letter, at: day(2) }],
      });
      const retry = async (exit: number) =>
        documentOf(await stage.startAt(day(3), [...on([...dead, '--retry']), '-f', 'json']), exit);
      const failed = await retry(4);
      assert.equal(failed['taken'], 0);
      status = 204;
      assert.deepEqual(await retry(0), { schema: 'kvitto-alerts-dead-1', taken: 1, letters: [] });
      assert.equal(bodies.length, 4);
      refused(
        stage.at(day(3), ['alerts', 'test', 'hok', '--config', file]),
        2,
        /no sink is named hok\n {2}→ did you mean hook/,
      );
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
