import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CodedError } from '../../model/errors.ts';
import { forever } from '../instant.ts';
import { artifactOf } from './artifact-of.ts';
import { decisions } from './decisions.ts';
import { exposure } from './exposure.ts';
import { history } from './history.ts';
import { ran } from './ran.ts';
import { digest, hour, Stage, start } from './testing/stage.ts';
import { verdicts } from './verdicts.ts';
import { where } from './where.ts';

const leftPad = 'pkg:npm/left-pad@1.0.0';
const at = (hours: number) => start + hours * hour;

/*
 * Hour 1: image 1 recorded and let out, CVE-2026-1 known of it. 2: deployed. 3: decided. 4: replaced by image 2, of which nothing
 * is known; an observation until 5 shows drift. 6: deployment 1 was wrong: it began at 1. 7: a late deployment of image 1 beside it
 * since 5, whose words are redacted at 8. 9: it is stopped, nobody knows since when.
 */
describe('questions', () => {
  let stage: Stage;
  let [first, second, third] = [0, 0, 0];
  let decided = 0;

  before(async () => {
    stage = await Stage.open();
    stage.now = at(1);
    await stage.artifact(digest(1), [leftPad], 2);
    await stage.verdict(digest(1), 'pass');
    await stage.learn([{ component: leftPad, id: 'CVE-2026-1', aliases: ['GHSA-1'], score: 7.5, exploited: true }]);
    stage.now = at(2);
    first = (await stage.deploy(digest(1), { change: 'https://git.example/1' })).deployment;
    stage.now = at(3);
    const until = new Date(at(30)).toISOString();
    decided = (await stage.decide([{ vulnerability: 'GHSA-1', component: 'pkg:npm/left-pad', service: 'shop', until }]))
      .first;
    stage.now = at(4);
    second = (await stage.deploy(digest(2))).deployment;
    await stage.observe('prod', ['shop']);
    stage.now = at(6);
    await stage.correct(first, at(1), null);
    stage.now = at(7);
    const late = await stage.deploy(digest(1), { at: at(5), alongside: true, breakGlass: 'Ann said so' });
    third = late.deployment;
    stage.now = at(8);
    if (late.fact.text === null) throw new TypeError('a reason without a document');
    await stage.redact(late.fact.text);
    stage.now = at(9);
    await stage.stop({ deployment: third, unknownEnd: true });
    stage.now = at(10);
  });

  after(async () => {
    await stage.close();
  });

  test('history tells every belief, where it came from, overlaps, words and gaps', async () => {
    const { deployments, gaps, drift } = await history(stage.ledger, {
      service: 'shop',
      environment: null,
      asOf: null,
    });
    const short = deployments.map((d) => ({
      deployment: d.deployment,
      from: d.validFrom,
      to: d.validTo,
      ending: d.ending,
      because: d.because,
      corrected: d.corrected.map((c) => [c.because, c.validFrom, c.validTo, c.knownFrom, c.knownTo]),
      overlaps: d.overlaps,
      marks: d.marks,
      change: d.change,
      texts: d.texts.map(({ text, redacted }) => ({ text, redacted })),
    }));
    assert.deepEqual(short, [
      {
        deployment: first,
        from: at(1),
        to: at(4),
        ending: 'known',
        because: 'corrected',
        corrected: [
          ['started', at(2), forever, at(2), at(4)],
          ['replaced', at(2), at(4), at(4), at(6)],
        ],
        overlaps: [],
        marks: [],
        change: 'https://git.example/1',
        texts: [{ text: 'the clock was wrong', redacted: false }],
      },
      {
        deployment: second,
        from: at(4),
        to: forever,
        ending: 'open',
        because: 'started',
        corrected: [],
        overlaps: [third],
        marks: ['unrecorded'],
        change: null,
        texts: [],
      },
      {
        deployment: third,
        from: at(5),
        to: at(9),
        ending: 'unknown',
        because: 'stopped',
        corrected: [['started', at(5), forever, at(7), at(9)]],
        overlaps: [second],
        marks: ['break-glass', 'late'],
        change: null,
        texts: [{ text: null, redacted: true }],
      },
    ]);
    assert.deepEqual(gaps, [
      { environment: 'prod', from: at(1), to: at(4) },
      { environment: 'prod', from: at(5), to: at(10) },
    ]);
    assert.deepEqual(
      drift.map(({ at: when, service, what, digest: seen }) => ({ when, service, what, seen })),
      [{ when: at(4), service: 'shop', what: 'other-digest', seen: digest(99) }],
    );
  });

  test('history as it was known before is another', async () => {
    const { deployments } = await history(stage.ledger, { service: 'shop', environment: 'prod', asOf: at(3) });
    assert.deepEqual(
      deployments.map((d) => [d.deployment, d.validFrom, d.validTo, d.knownTo, d.corrected]),
      [[first, at(2), forever, forever, []]],
    );
  });

  test('exposure names what it does not cover', async () => {
    const request = {
      service: 'shop',
      environment: 'prod',
      from: at(3),
      to: at(6),
      asOf: null,
      maxFeedAgeMs: 2 * hour,
    };
    const { rows, gaps } = await exposure(stage.ledger, request);
    assert.deepEqual(
      rows.map((r) => [r.vulnerability, r.deployments, r.score, r.exploited, r.knownWhileRunning, r.decision?.entry]),
      [['CVE-2026-1', [first, third], 7.5, true, true, decided]],
    );
    const inventory = gaps.find((g) => g.kind === 'inventory-problems')?.inventory;
    assert.deepEqual(gaps, [
      { kind: 'unrecorded', deployment: second, artifact: digest(2) },
      { kind: 'inventory-problems', artifact: digest(1), count: 2, inventory },
      { kind: 'last-rescan', artifact: digest(1), at: at(1), snapshot: digest(1), problems: 0 },
      { kind: 'feed-age', feed: 'osv/npm', asOf: new Date(at(1)).toISOString(), days: 0 },
      { kind: 'not-observed', environment: 'prod', from: at(3), to: at(4) },
      { kind: 'not-observed', environment: 'prod', from: at(5), to: at(6) },
    ]);
  });

  test('ran says where nobody looked, and what the last look showed', async () => {
    const then = await ran(stage.ledger, { environment: null, at: at(4), asOf: null });
    assert.deepEqual([then.total, then.blind, then.drift.map((d) => d.what)], [1, [], ['other-digest']]);
    const now = await ran(stage.ledger, { environment: 'prod', at: null, asOf: null, limit: 1 });
    assert.deepEqual([now.total, now.blind, now.deployments.map((d) => d.deployment)], [1, ['prod'], [second]]);
    const pages = [];
    for (let after: number | undefined; pages.length < 5; after = pages.at(-1)) {
      const page = await ran(stage.ledger, {
        environment: 'prod',
        at: at(6),
        asOf: null,
        limit: 1,
        ...(after !== undefined && { after }),
      });
      if (page.deployments.length === 0) break;
      pages.push(...page.deployments.map((d) => d.deployment));
    }
    assert.deepEqual(pages, [second, third]);
  });

  test('where in pages is where in all', async () => {
    const all = await where(stage.ledger, { vulnerability: 'GHSA-1', asOf: null });
    assert.deepEqual([all.names, all.total, all.running], [['CVE-2026-1', 'GHSA-1'], 2, 0]);
    const paged = [];
    for (let skip = 0; skip < 3; skip += 1) {
      const { rows, total } = await where(stage.ledger, { vulnerability: 'GHSA-1', asOf: null, limit: 1, skip });
      assert.equal(total, 2);
      paged.push(...rows);
    }
    assert.deepEqual(paged, all.rows);
    assert.deepEqual(
      all.decisions.map((d) => d.entry),
      [decided],
    );
  });

  test('a vulnerability that was never met is nowhere', async () => {
    assert.deepEqual(await where(stage.ledger, { vulnerability: 'CVE-0', asOf: at(9) }), {
      vulnerability: 'CVE-0',
      names: [],
      asOf: at(9),
      total: 0,
      running: 0,
      rows: [],
      decisions: [],
    });
  });

  test('decisions in force, those that end soon, those about what is exploited', async () => {
    const list = async (more: object) => {
      const answer = await decisions(stage.ledger, { at: null, asOf: null, ...more });
      return answer.decisions.map((d) => [d.entry, d.names, d.exploited]);
    };
    const one = [[decided, ['CVE-2026-1', 'GHSA-1'], true]];
    assert.deepEqual(await list({ exploitedOnly: true, service: 'shop', status: 'not_affected' }), one);
    assert.deepEqual(await list({ expiringWithinMs: 20 * hour }), one);
    assert.deepEqual(await list({ expiringWithinMs: 19 * hour }), []);
    assert.deepEqual(await list({ status: 'fixed' }), []);
    assert.deepEqual(await list({ at: at(30) }), []);
    assert.deepEqual(await list({ at: at(4), asOf: at(2) }), []);
  });

  test('verdicts of a service and of an artifact', async () => {
    const short = async (of: { service: string } | { artifact: string }, asOf: number | null = null) => {
      const answer = await verdicts(stage.ledger, { of, asOf });
      return answer.verdicts.map((v) => [v.verdict, v.artifact.digest, v.deployments, v.knownFrom]);
    };
    assert.deepEqual(await short({ service: 'shop' }), [['pass', digest(1), [first, third], at(1)]]);
    assert.deepEqual(await short({ artifact: digest(1) }, at(1)), [['pass', digest(1), [], at(1)]]);
    assert.deepEqual(await short({ artifact: digest(2) }), []);
  });

  test('an artifact by its digest, the beginning of it, a reference, or the service that runs it', async () => {
    const one = { digest: digest(1), name: 'image/00000001', recorded: true };
    for (const text of [digest(1), '00000001', `shop/api@${digest(1)}`, 'sha256:0000000100']) {
      assert.deepEqual(await artifactOf(stage.ledger, text), one, text);
    }
    assert.deepEqual(await artifactOf(stage.ledger, 'shop'), { digest: digest(2), name: null, recorded: false });
    await assert.rejects(artifactOf(stage.ledger, 'shop', at(8)), { code: 'usage' });
    await assert.rejects(artifactOf(stage.ledger, '0000000'), { code: 'not-in-ledger' });
    await assert.rejects(artifactOf(stage.ledger, '%_000001'), { code: 'not-in-ledger' });
  });

  test('what the ledger does not know is said, with what was probably meant', async () => {
    const request = { service: 'shpo', environment: null, from: at(1), to: at(2), asOf: null };
    const unknown = new CodedError('not-in-ledger', 'the ledger knows no service shpo', {
      remedy: 'did you mean shop?',
    });
    await assert.rejects(exposure(stage.ledger, request), unknown);
    await assert.rejects(ran(stage.ledger, { environment: 'qqqq', at: null, asOf: null }), {
      code: 'not-in-ledger',
      remedy: 'known are prod',
    });
    await assert.rejects(exposure(stage.ledger, { ...request, service: 'shop', to: at(0) }), { code: 'usage' });
  });
});
