// The commands of the ledger, as they are typed: exact exit codes, exact documents.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { demoDay, demoPolicy, documentOf, ledgerStage, refused, shop } from './command-line.ts';

const digest = 'sha256:c633cd897965912e51b9fc8b76906e93cd320417b26c3d53814ca32f909cdbf3';
const unknown = `sha256:${'0'.repeat(64)}`;
const snapshot = 'sha256:2ed5952e88d97055d6b40b76b16763529ea9fe355a2b489e640565adb6f3449c';
const offline = ['--offline', '--by', 'ci'];
const on = (day: string, time = '10:00:00.000') => `2026-11-${day}T${time}Z`;

describe('a service from its first scan to its end', () => {
  const { at, home, folder } = ledgerStage('life');
  const json = (moment: string, words: readonly string[], exit = 0) =>
    documentOf(at(moment, [...words, '-f', 'json']), exit);

  test('nothing can be asked of a ledger that is not there, and asking makes none', () => {
    for (const words of [['ran'], ['history', 'shop'], ['stop', 'shop', '--env', 'prod'], ['log', 'checkpoint']]) {
      refused(at(demoDay, words), 4, /there is no ledger in .*ledger\n/);
    }
    assert.equal(existsSync(join(home, 'ledger')), false);
  });

  test('record: the artifact, its inventory and what is known of it', () => {
    const recorded = json(demoDay, ['record', shop, ...offline]);
    assert.deepEqual(recorded, {
      schema: 'kvitto-record-1',
      artifact: { kind: 'image', name: shop, digest, digestOf: 'config', platform: 'linux/amd64' },
      known: false,
      entries: [1, 2, 3],
      recorded: demoDay,
      components: 6,
      findings: 6,
      knowledge: { snapshot, opened: 6, closed: 0, problems: 0 },
      problems: [],
      complete: true,
    });
    assert.deepEqual(json(on('13', '09:01:00.000'), ['record', shop, ...offline]), {
      ...recorded,
      known: true,
      entries: [4],
      recorded: on('13', '09:01:00.000'),
      knowledge: { snapshot, opened: 0, closed: 0, problems: 0 },
    });
  });

  test('deploy of what no gate was asked about is recorded, and ends with 1', () => {
    assert.deepEqual(
      json(
        on('13'),
        ['deploy', 'shop', '--env', 'prod', '--image', `ghcr.io/acme/shop:1.0@${digest}`, '--by', 'ci'],
        1,
      ),
      {
        schema: 'kvitto-deploy-1',
        deployment: 5,
        service: 'shop',
        environment: 'prod',
        artifact: digest,
        image: 'ghcr.io/acme/shop:1.0',
        from: on('13'),
        until: null,
        replaces: [],
        change: null,
        run: null,
        marks: ['no-verdict'],
        actor: 'ci',
        recorded: on('13'),
        clockBehindMs: 0,
      },
    );
  });

  test('gate --record: the verdict is the exit code, the report is what -f json writes without it', () => {
    const words = ['gate', shop, '--policy', demoPolicy, '-f', 'json', '--offline'];
    const plain = at(on('13', '10:01:00.000'), words);
    const recorded = at(on('13', '10:01:00.000'), [...words, '--record', '--by', 'ci']);
    assert.deepEqual([plain.status, recorded.status], [1, 1]);
    assert.equal(recorded.stdout, plain.stdout);
    assert.equal(
      recorded.stderr,
      `kvitto: recorded in ${join(home, 'ledger')}, the verdict as entry 7\n  → kvitto deploy SERVICE --env ENV --image ${digest}\n`,
    );
  });

  test('verdict: from the stored report, rule by rule', () => {
    const { verdicts, ...rest } = json(on('13', '10:02:00.000'), ['verdict', 'shop']);
    assert.deepEqual(rest, { schema: 'kvitto-verdict-1', subject: 'shop', asOf: on('13', '10:02:00.000') });
    assert.ok(Array.isArray(verdicts));
    const [{ explained, report, ...verdict }, ...others] = verdicts;
    assert.deepEqual(others, []);
    assert.match(report, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(verdict, {
      entry: 7,
      verdict: 'fail',
      policy: 'sha256:f6d64a72d58c40825cccd19e0e8a1c763bfc64ba82cd05c3bd6c0d56afe39344',
      snapshot,
      findings: 6,
      exceptions: 1,
      knownFrom: on('13', '10:01:00.000'),
      artifact: { digest, name: shop, recorded: true },
      deployments: [5],
      actor: 'ci',
      run: null,
      gap: null,
    });
    const gated = JSON.parse(
      at(on('13', '10:01:00.000'), ['gate', shop, '--policy', demoPolicy, '-f', 'json', '--offline']).stdout,
    );
    assert.deepEqual(explained, { scannedAt: gated.scannedAt, complete: true, verdict: gated.verdict });
  });

  test('deploy of what the gate refused: 1, and 0 with --break-glass; the one before it ends', () => {
    const deploy = ['deploy', 'shop', '--env', 'prod', '--image', digest, '--by', 'ci'];
    const refusedBy = json(on('14'), deploy, 1);
    assert.deepEqual([refusedBy['deployment'], refusedBy['marks'], refusedBy['replaces']], [8, ['refused'], [5]]);
    const glass = json(on('15'), [...deploy, '--break-glass', 'outage 4711', '--change', 'OPS-4711'], 0);
    assert.deepEqual(glass, {
      ...refusedBy,
      deployment: 9,
      from: on('15'),
      recorded: on('15'),
      replaces: [8],
      change: 'OPS-4711',
      marks: ['refused', 'break-glass'],
    });
  });

  test('a late fact: known now to have run between two that were known before', () => {
    const late = json(
      on('16'),
      ['deploy', 'shop', '--env', 'prod', '--image', digest, '--at', on('14', '12:00:00.000'), '--by', 'ci'],
      1,
    );
    assert.deepEqual(
      [late['deployment'], late['from'], late['until'], late['replaces'], late['marks']],
      [10, on('14', '12:00:00.000'), on('15'), [8], ['refused', 'late']],
    );
  });

  test('a correction, an unknown artifact beside it, and an end', () => {
    assert.deepEqual(
      json(on('16', '11:00:00.000'), [
        'correct',
        '10',
        '--reason',
        'the log says noon',
        '--from',
        on('14', '11:30:00.000'),
        '--by',
        'ops',
      ]),
      {
        schema: 'kvitto-correct-1',
        deployment: 10,
        corrected: { from: on('14', '11:30:00.000') },
        actor: 'ops',
        entry: 11,
        recorded: on('16', '11:00:00.000'),
      },
    );
    const beside = json(
      on('17'),
      ['deploy', 'shop', '--env', 'prod', '--image', unknown, '--alongside', '--by', 'ci'],
      1,
    );
    assert.deepEqual([beside['deployment'], beside['marks'], beside['replaces']], [12, ['unrecorded'], []]);
    assert.deepEqual(json(on('18'), ['stop', 'shop', '--env', 'prod', '--by', 'ops']), {
      schema: 'kvitto-stop-1',
      service: 'shop',
      environment: 'prod',
      deployments: [9, 12],
      at: on('18'),
      ending: 'known',
      actor: 'ops',
      entry: 13,
      recorded: on('18'),
    });
    refused(at(on('18'), ['stop', 'shop', '--env', 'prod']), 4, /nothing of shop runs in prod/);
  });

  test('ran: as it was, and as it was known', () => {
    const numbers = (words: readonly string[]) => {
      const { deployments, total, at: moment, asOf } = json(on('19'), ['ran', ...words]);
      assert.ok(Array.isArray(deployments));
      return [deployments.map((d) => d.deployment), total, moment, asOf];
    };
    assert.deepEqual(numbers([]), [[], 0, on('19'), on('19')]);
    const noon = on('14', '12:30:00.000');
    assert.deepEqual(numbers(['--at', noon]), [[10], 1, noon, on('19')]);
    assert.deepEqual(numbers(['--at', noon, '--as-of', on('15')]), [[8], 1, noon, on('15')]);
    assert.deepEqual(numbers(['--at', on('17', '12:00:00.000'), '--env', 'prod'])[0], [9, 12]);
    refused(at(on('19'), ['ran', '--env', 'prd']), 4, /knows no environment prd/);
  });

  test('history: every belief, oldest first', () => {
    const { deployments, ...rest } = json(on('19'), ['history', 'shop']);
    assert.deepEqual(rest, {
      schema: 'kvitto-history-1',
      service: 'shop',
      asOf: on('19'),
      gaps: [{ environment: 'prod', from: on('13'), to: on('18') }],
      drift: [],
      alerts: [],
    });
    assert.ok(Array.isArray(deployments));
    const told = deployments.map((d) => [
      d.deployment,
      d.validFrom,
      d.validTo,
      d.because,
      d.overlaps,
      d.corrected.map((c: Record<string, unknown>) => [c['validFrom'], c['validTo'], c['knownTo'], c['because']]),
      d.texts.map((t: Record<string, unknown>) => [t['entry'], t['text']]),
    ]);
    const [noon, half] = [on('14', '12:00:00.000'), on('14', '11:30:00.000')];
    assert.deepEqual(told, [
      [5, on('13'), on('14'), 'replaced', [], [[on('13'), null, on('14'), 'started']], []],
      [
        8,
        on('14'),
        noon,
        'replaced',
        [10],
        [
          [on('14'), null, on('15'), 'started'],
          [on('14'), on('15'), on('16'), 'replaced'],
        ],
        [],
      ],
      [
        10,
        half,
        on('15'),
        'corrected',
        [8],
        [[noon, on('15'), on('16', '11:00:00.000'), 'started']],
        [[11, 'the log says noon']],
      ],
      [9, on('15'), on('18'), 'stopped', [12], [[on('15'), null, on('18'), 'started']], [[9, 'outage 4711']]],
      [12, on('17'), on('18'), 'stopped', [9], [[on('17'), null, on('18'), 'started']], []],
    ]);
  });

  test('decide, and the one that takes its place; exposure and where name the decision in force', () => {
    const decide = ['decide', 'CVE-2026-90001', '--service', 'shop', '--owner', 'shop-team', '--by', 'shop-team'];
    const first = json(on('19'), [
      ...decide,
      '--status',
      'under_investigation',
      '--reason',
      'being looked at',
      '--until',
      '2026-12-01',
    ]);
    assert.deepEqual(first, {
      schema: 'kvitto-decide-1',
      decision: 14 * 65536,
      vulnerability: 'CVE-2026-90001',
      service: 'shop',
      environment: null,
      component: null,
      artifact: null,
      status: 'under_investigation',
      justification: null,
      owner: 'shop-team',
      approvedBy: null,
      until: '2026-12-01T00:00:00.000Z',
      supersedes: [],
      unknown: [],
      evidence: [],
      redacted: [],
      actor: 'shop-team',
      entry: 14,
      recorded: on('19'),
    });
    const second = json(on('20'), [
      ...decide,
      '--status',
      'affected',
      '--reason',
      'upgrade on Monday',
      '--until',
      '2026-12-02',
    ]);
    assert.deepEqual([second['decision'], second['supersedes']], [15 * 65536, [14 * 65536]]);
    const inForce = (moment: string) => {
      const { decisions } = json(on('21'), ['decisions', '--at', moment]);
      assert.ok(Array.isArray(decisions));
      return decisions.map((d) => [d.id, d.status, d.exploited]);
    };
    assert.deepEqual(inForce(on('21')), [[15 * 65536, 'affected', true]]);
    assert.deepEqual(inForce(on('18')), []);
    // The one that was superseded was in force until the other began.
    assert.deepEqual(inForce(on('19', '12:00:00.000')), [[14 * 65536, 'under_investigation', true]]);

    const { rows, total, running, names } = json(on('21'), ['where', 'CVE-2026-90001']);
    assert.ok(Array.isArray(rows) && Array.isArray(names));
    assert.deepEqual([total, running, names], [8, 0, ['CVE-2026-90001']]);
    assert.deepEqual(new Set(rows.map((r) => r.decision.status)), new Set(['affected']));
  });

  test('exposure: a moment as it was known then, and as it is known now', () => {
    const moment = on('17', '12:00:00.000');
    const { rows, gaps, deployments, ...rest } = json(on('21'), ['exposure', 'shop', '--env', 'prod', '--at', moment]);
    assert.deepEqual(rest, {
      schema: 'kvitto-exposure-1',
      service: 'shop',
      environment: 'prod',
      from: moment,
      to: moment,
      asOf: on('21'),
    });
    assert.ok(Array.isArray(rows) && Array.isArray(deployments));
    assert.deepEqual(
      deployments.map((d) => d.deployment),
      [9, 12],
    );
    assert.deepEqual(
      rows.map((r) => [
        r.vulnerability,
        r.severity,
        r.exploited,
        r.firstKnown,
        r.knownTo,
        r.knownWhileRunning,
        r.source,
      ]),
      [
        ['CVE-2026-90001', 'critical', true],
        ['CVE-2026-90001', 'critical', true],
        ['CVE-2026-90003', 'critical', false],
        ['CVE-2026-90004', 'medium', false],
        ['CVE-2026-90002', 'low', false],
        ['CVE-2026-90002', 'low', false],
      ].map((r, i) => [...r, demoDay, null, true, rows[i].source]),
    );
    assert.deepEqual(gaps, [
      { kind: 'unrecorded', deployment: 12, artifact: unknown },
      { kind: 'last-rescan', artifact: digest, at: on('13', '10:01:00.000'), snapshot, problems: 0 },
      // At noon of the 17th they are five and a half days old, and the built-in policy allows five.
      ...['epss', 'eukev', 'kev', 'nvd', 'osv/Debian', 'osv/npm'].map((feed) => ({
        kind: 'feed-age',
        feed,
        asOf: '2026-11-12T00:00:00.000Z',
        days: 5,
      })),
      { kind: 'not-observed', environment: 'prod', from: moment, to: moment },
    ]);
    const then = json(on('21'), ['exposure', 'shop', '--at', moment, '--as-of', on('12')]);
    assert.deepEqual([then['rows'], then['deployments']], [[], []]);
  });

  test('sbom: the bytes that were recorded; for what was never recorded there are none', () => {
    const file = join(folder, 'shop.cdx.json');
    const run = at(on('21'), ['sbom', digest.slice(7, 19), '-o', file]);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stdout, '');
    const scanned = at(demoDay, ['scan', shop, '-f', 'cyclonedx', '--offline']);
    assert.equal(readFileSync(file, 'utf8'), scanned.stdout);
    assert.equal(at(on('21'), ['sbom', digest]).stdout, scanned.stdout);
    refused(at(on('21'), ['sbom', unknown]), 4, /was not recorded by/);
    refused(at(on('21'), ['sbom', digest, '--as-of', '2026-11-01']), 4, /was not recorded by|knows no artifact/);
  });

  test('log: the signed state, a proof and the entries themselves', () => {
    const state = json(on('21'), ['log', 'checkpoint']);
    assert.equal(state['size'], 16);
    const proof = json(on('21'), ['log', 'prove', '9']);
    assert.deepEqual([proof['index'], proof['size'], proof['root']], [9, 16, state['root']]);
    const exported = at(on('21'), ['log', 'export']);
    const lines = exported.stdout.trimEnd().split('\n');
    assert.deepEqual([lines.length, lines[9]], [16, proof['entry']]);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).kind),
      [
        'ledger-created',
        'artifact-recorded',
        'snapshot-learned',
        'rescanned',
        'rescanned',
        'deployment-started',
        'rescanned',
        'verdict-given',
        'deployment-started',
        'deployment-started',
        'deployment-started',
        'deployment-corrected',
        'deployment-started',
        'deployment-stopped',
        'decisions-made',
        'decisions-made',
      ],
    );
    refused(at(on('21'), ['log', 'prove', '16']), 4, /hold 16 entries/);
    refused(at(on('21'), ['log', 'prove']), 2, /name what is to be proved/);
    refused(at(on('21'), ['log', 'export', '--from', '3', '--to', '17']), 2, /the entries 0 to 15/);
  });

  test('redact: the words go, the entry stays', () => {
    const entry = JSON.parse(at(on('21'), ['log', 'export', '--from', '9', '--to', '10']).stdout);
    const gone = json(on('21'), ['redact', entry.text, '--reason', 'names a person', '--by', 'dpo']);
    assert.deepEqual([gone['entry'], gone['already']], [16, false]);
    assert.equal(json(on('21'), ['redact', entry.text, '--reason', 'again', '--by', 'dpo'])['already'], true);
    const { deployments } = json(on('22'), ['history', 'shop']);
    assert.ok(Array.isArray(deployments));
    assert.deepEqual(deployments.find((d) => d.deployment === 9).texts, [
      { entry: 9, document: entry.text, text: null, redacted: true },
    ]);
  });
});
