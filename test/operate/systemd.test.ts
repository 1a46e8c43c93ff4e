// The unit: read by systemd itself where it is installed, and its command run for real. Not run: systemd as the first process.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import { assertShown, shownBlocks } from '../pipelines/shown.ts';
import { demoDigest } from '../pipelines/stage.ts';
import { root, scratch } from '../real/parts.ts';
import { postgresMissing, startPostgres } from '../real/postgres.ts';
import { missing } from '../real/tool.ts';
import { understood, variablesRead } from './stage.ts';

const unitFile = join(root, 'operate/systemd/kvitto-watch.service');
const dropIn = join(root, 'operate/systemd/kvitto-watch.service.d/postgresql.conf');

/** Settings of a unit: `[section] name` with all its values in order. */
function settingsOf(file: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let section = '';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== '') found.set(`${section} ${name}`, [...(found.get(`${section} ${name}`) ?? []), value]);
    else assert.match(line, /^\[\w+\]$/, `${file}: ${line}`);
  }
  return found;
}

const postgresAbsent = postgresMissing();
const noPostgres = postgresAbsent === null ? false : `LEFT OUT: ${postgresAbsent}`;
const unit = settingsOf(unitFile);
const one = (name: string) => {
  const values = unit.get(`Service ${name}`) ?? [];
  assert.equal(values.length, 1, name);
  return values[0] ?? '';
};

describe('operate/systemd', () => {
  const folder = scratch('systemd');
  const installed = join(folder, 'system');
  before(() => {
    // As it would be installed, with the Node that runs this test.
    mkdirSync(`${installed}/kvitto-watch.service.d`, { recursive: true });
    const text = readFileSync(unitFile, 'utf8').replace('/usr/bin/node', process.execPath);
    writeFileSync(join(installed, 'kvitto-watch.service'), text);
    cpSync(dropIn, join(installed, 'kvitto-watch.service.d/postgresql.conf'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('it starts kvitto watch with options that exist, and nothing in its environment that nobody reads', async () => {
    const [node, program, ...words] = one('ExecStart').split(' ');
    assert.deepEqual([node, program], ['/usr/bin/node', '/opt/kvitto/bin/kvitto.js']);
    const { command, config, listen } = await understood(words);
    assert.deepEqual([command, config, listen], ['watch', '/etc/kvitto/kvitto.yaml', '127.0.0.1:9464']);
    const set = [unit, settingsOf(dropIn)].flatMap((each) => each.get('Service Environment') ?? []);
    assert.deepEqual(set, ['KVITTO_HOME=%S/kvitto', 'DATABASE_URL_FILE=%d/database-url']);
    const read = variablesRead();
    for (const variable of set) assert.ok(read.has(variable.slice(0, variable.indexOf('='))), variable);
  });

  test('what it may, and what it may not', () => {
    assert.deepEqual(
      [
        'NoNewPrivileges',
        'ProtectSystem',
        'DynamicUser',
        'StateDirectory',
        'StateDirectoryMode',
        'CapabilityBoundingSet',
        'UMask',
      ].map(one),
      ['yes', 'strict', 'yes', 'kvitto', '0700', '', '0077'],
    );
    // Node compiles while it runs, and the program tells systemd nothing of itself.
    for (const name of ['MemoryDenyWriteExecute', 'WatchdogSec'])
      assert.equal(unit.has(`Service ${name}`), false, name);
    assert.deepEqual(['Type', 'Restart', 'RestartPreventExitStatus', 'ExecReload'].map(one), [
      'exec',
      'on-failure',
      '2',
      '/bin/kill -HUP $MAINPID',
    ]);
    assert.deepEqual(settingsOf(dropIn).get('Service LoadCredential'), [
      'database-url:/etc/kvitto/credentials/database-url',
    ]);
  });

  test('systemd reads it without a complaint, and finds it well closed', (t) => {
    const absent = missing('systemd-analyze');
    if (absent !== null) {
      t.skip(`LEFT OUT: ${absent}: apt-get install systemd. NOT TESTED: that systemd reads the unit`);
      return;
    }
    const analyze = (...words: string[]) =>
      spawnSync('systemd-analyze', words, {
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...process.env, SYSTEMD_EMOJI: '0', LC_ALL: 'C.UTF-8' },
      });
    const file = join(installed, 'kvitto-watch.service');
    const verified = analyze('verify', '--man=no', '--recursive-errors=no', file);
    // It speaks of the other units of this machine too.
    const about = `${verified.stdout}${verified.stderr}`.split('\n').filter((line) => line.includes('kvitto'));
    assert.deepEqual([verified.status, about], [0, []]);
    writeFileSync(join(installed, 'wrong.service'), readFileSync(file, 'utf8').replace('Type=exec', 'Typ=exec'));
    const wrong = analyze('verify', '--man=no', '--recursive-errors=no', join(installed, 'wrong.service'));
    assert.match(wrong.stderr, /Unknown key( name)? 'Typ'/);
    const closed = analyze('security', '--offline=true', '--no-pager', '--threshold=15', file);
    // The number is that of one version; the bound above it holds for all.
    if (/^systemd 252 /.test(analyze('--version').stdout))
      assertShown('docs/operate.md', 'systemd-security', closed.stdout.trimEnd().split('\n').at(-1) ?? '');
    assert.equal(
      closed.status,
      0,
      `exposure over 1.5 of 10:\n${closed.stdout.split('\n').slice(-3).join('\n')}${closed.stderr}`,
    );
  });

  test('its command runs, finds, answers, looks at once on SIGHUP, and ends on SIGTERM with 0', async () => {
    await operated('embedded', {});
  });

  test('so it does with the drop-in, on PostgreSQL', { skip: noPostgres }, async () => {
    const server = await startPostgres(['fsync=off']);
    try {
      const file = join(folder, 'database-url');
      writeFileSync(file, `${await server.fresh()}\n`, { mode: 0o600 });
      const [variable = ''] = settingsOf(dropIn).get('Service Environment') ?? [];
      const [name = '', value = ''] = variable.split('=');
      await operated('postgresql', { [name]: value.replace('%d/database-url', file) });
    } finally {
      await server.stop();
    }
  });

  /** Something runs, nothing is known of it; then the unit's command is started as it stands there, but for its paths. */
  async function operated(name: string, own: Readonly<Record<string, string>>): Promise<void> {
    const [port, config, state] = [await closedPort(), join(folder, 'kvitto.yaml'), join(folder, name)];
    cpSync(join(root, 'operate/compose/kvitto.yaml'), config);
    mkdirSync(state, { mode: 0o700 });
    const env = { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', KVITTO_HOME: state, ...own };
    const program = join(root, 'bin/kvitto.js');
    const once = (...words: string[]) =>
      spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', env, timeout: 60_000 });
    const recorded = once('record', `docker-archive:${join(root, 'demo/shop.tar')}`, '--offline', '--by', 'ci');
    assert.equal(recorded.status, 3, `nothing is known yet: ${recorded.stderr}`);
    const deployed = once('deploy', 'shop', '--env', 'prod', '--image', demoDigest, '--by', 'ci');
    assert.equal(deployed.status, 1, deployed.stderr);
    assert.equal(existsSync(join(state, 'ledger/ledger.db')), own['DATABASE_URL_FILE'] === undefined);

    const words = one('ExecStart')
      .replace('/etc/kvitto/kvitto.yaml', config)
      .replace('127.0.0.1:9464', `127.0.0.1:${port}`)
      .split(' ')
      .slice(2);
    const answer = async (path: string): Promise<{ status: number; text: string } | null> => {
      try {
        const got = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) });
        return { status: got.status, text: await got.text() };
      } catch {
        return null;
      }
    };
    const feeds = ['--feeds', join(root, 'demo/feeds')];
    const child = spawn(process.execPath, [program, ...words, ...feeds], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let told = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        told += chunk.toString();
      });
    try {
      const cycles = () => told.match(/"event":"cycle"/g)?.length ?? 0;
      await until(
        async () => (await answer('/healthz'))?.status === 200 && cycles() === 1,
        () => told,
      );
      assert.deepEqual([(await answer('/healthz'))?.text, (await answer('/readyz'))?.text], ['ok\n', 'ok\n']);
      const critical = 'kvitto_findings{service="shop",environment="prod",severity="critical"} 3';
      await until(
        async () => (await answer('/metrics'))?.text.split('\n').includes(critical) === true,
        () => told,
      );
      child.kill('SIGHUP');
      await until(
        async () => cycles() === 2,
        () => told,
      );
      assert.equal((await answer('/healthz'))?.status, 200, 'it goes on');
      child.kill('SIGTERM');
      assert.equal(await ended, 0, told);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    // What differs from run to run are numbers, moments and names of processes.
    const masked = (text: string) => text.replace(/\d[\d:.TZ-]*/g, '#').replace(/"process":"[^"]*"/, '"process":"#"');
    const shown = shownBlocks('docs/operate.md').get('watch') ?? [];
    const all = told.trimEnd().split('\n').map(masked);
    assert.ok(shown.length > 3);
    assert.deepEqual(
      shown.filter((line) => !all.includes(masked(line))),
      [],
      told,
    );
    const single = once(...words, ...feeds, '--once');
    assert.equal(single.status, 3, `the feeds of the demo are old: ${single.stderr}`);
  }
});

/** Waits until something holds, at most 60 s. */
async function until(holds: () => Promise<boolean>, told: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(told());
}
