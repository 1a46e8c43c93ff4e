// The unit: read by systemd itself where it is installed, and its command run for real. Not run: systemd as the first process.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root, scratch } from '../real/parts.ts';
import { missing, startServer } from '../real/tool.ts';
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
    const analyze = (...words: string[]) => spawnSync('systemd-analyze', words, { encoding: 'utf8', timeout: 60_000 });
    const file = join(installed, 'kvitto-watch.service');
    const verified = analyze('verify', '--man=no', '--recursive-errors=no', file);
    // It speaks of the other units of this machine too.
    const about = `${verified.stdout}${verified.stderr}`.split('\n').filter((line) => line.includes('kvitto'));
    assert.deepEqual([verified.status, about], [0, []]);
    writeFileSync(join(installed, 'wrong.service'), readFileSync(file, 'utf8').replace('Type=exec', 'Typ=exec'));
    const wrong = analyze('verify', '--man=no', '--recursive-errors=no', join(installed, 'wrong.service'));
    assert.match(wrong.stderr, /Unknown key( name)? 'Typ'/);
    const closed = analyze('security', '--offline=true', '--no-pager', '--threshold=15', file);
    assert.equal(
      closed.status,
      0,
      `exposure over 1.5 of 10:\n${closed.stdout.split('\n').slice(-3).join('\n')}${closed.stderr}`,
    );
  });

  test('its command runs, answers for its health, looks at once on SIGHUP, and ends on SIGTERM with 0', async () => {
    const [port, config] = [await freePort(), join(folder, 'kvitto.yaml')];
    cpSync(join(root, 'operate/compose/kvitto.yaml'), config);
    const words = one('ExecStart')
      .replace('/etc/kvitto/kvitto.yaml', config)
      .replace('127.0.0.1:9464', `127.0.0.1:${port}`)
      .split(' ')
      .slice(2);
    const state = join(folder, 'state');
    mkdirSync(state, { mode: 0o700 });
    const health = async (path: string): Promise<number | null> => {
      try {
        return (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_000) })).status;
      } catch {
        return null;
      }
    };
    const env = { PATH: process.env['PATH'] ?? '', KVITTO_HOME: state };
    // The feeds of the demo: nothing is fetched from outside.
    const all = [join(root, 'bin/kvitto.js'), ...words, '--feeds', join(root, 'demo/feeds')];
    const watch = await startServer(process.execPath, all, async () => (await health('/healthz')) === 200, { env });
    try {
      assert.equal(await health('/readyz'), 200);
      assert.equal(await health('/metrics'), 200);
      assert.equal(statSync(join(state, 'ledger')).isDirectory(), true);
      process.kill(watch.pid, 'SIGHUP');
      assert.equal(await health('/healthz'), 200, 'it goes on');
    } finally {
      await watch.stop();
    }
    const ended = spawnSync(process.execPath, [...all, '--once'], { encoding: 'utf8', env, timeout: 60_000 });
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
