// The Compose file: read by docker-compose itself where it is installed, and held against what it promises. Not run: the containers.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { allSinks } from '../../src/alerts/sinks/all.ts';
import { parsePolicy } from '../../src/gate/parse-policy.ts';
import { assertShown } from '../pipelines/shown.ts';
import { root, scratch } from '../real/parts.ts';
import { missing } from '../real/tool.ts';
import { understood, variablesRead } from './stage.ts';

const source = join(root, 'operate/compose');
const service = z.strictObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()),
  secrets: z.array(z.string()),
  volumes: z.array(z.string()),
  networks: z.array(z.string()),
  ports: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  healthcheck: z.strictObject({
    test: z.array(z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
    start_period: z.string(),
  }),
  restart: z.literal('unless-stopped'),
  stop_signal: z.string().optional(),
  stop_grace_period: z.string(),
  init: z.boolean().optional(),
  user: z.string().regex(/^[1-9]\d*:[1-9]\d*$/),
  read_only: z.literal(true),
  tmpfs: z.array(z.string()),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  shm_size: z.string().optional(),
});
const shape = z.strictObject({
  services: z.strictObject({ watch: service, postgres: service }),
  networks: z.strictObject({ inside: z.strictObject({ internal: z.literal(true) }), outside: z.strictObject({}) }),
  volumes: z.strictObject({ ledger: z.strictObject({}), database: z.strictObject({}) }),
  secrets: z.record(z.string(), z.strictObject({ file: z.string().startsWith('./secrets/') })),
});
const file = shape.parse(parse(readFileSync(join(source, 'compose.yml'), 'utf8')));
const { watch, postgres } = file.services;

describe('operate/compose', () => {
  const folder = scratch('compose');
  const digest = `sha256:${'0a'.repeat(32)}`;
  before(() => {
    for (const name of ['compose.yml', 'kvitto.yaml']) cpSync(join(source, name), join(folder, name));
    mkdirSync(join(folder, 'secrets'));
    for (const name of Object.keys(file.secrets)) writeFileSync(join(folder, 'secrets', name), 'word');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('watch is started with options that exist, and the configuration is one', async () => {
    const { command, config, listen } = await understood(watch.command ?? []);
    assert.deepEqual([command, config, listen], ['watch', '/etc/kvitto/kvitto.yaml', '0.0.0.0:9464']);
    assert.ok(watch.volumes.includes('./kvitto.yaml:/etc/kvitto/kvitto.yaml:ro'));
    const read = variablesRead();
    for (const name of Object.keys(watch.environment)) assert.ok(read.has(name), name);
    const text = readFileSync(join(source, 'kvitto.yaml'), 'utf8');
    assert.equal(parsePolicy(text, 'kvitto.yaml').rules.length, 2);
    assert.equal(parseAlertConfig(text, 'kvitto.yaml', allSinks).watch.schedule, '*/30 * * * *');
  });

  test('images have no default, no secret stands in it, nothing is opened but to this machine', () => {
    assert.deepEqual(
      [watch.image, postgres.image],
      ['KVITTO_IMAGE', 'POSTGRES_IMAGE'].map((name) => `\${${name}:?set it in .env, with its digest}`),
    );
    assert.deepEqual([watch.ports, postgres.ports], [['127.0.0.1:9464:9464'], undefined]);
    assert.deepEqual([watch.networks, postgres.networks], [['inside', 'outside'], ['inside']]);
    for (const { secrets, environment } of [watch, postgres]) {
      for (const name of secrets) assert.ok(file.secrets[name] !== undefined, name);
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|URL|SECRET|TOKEN/.test(name)) assert.match(`${name}=${value}`, /_FILE=\/run\/secrets\//);
      }
    }
    assert.deepEqual(watch.depends_on, { postgres: { condition: 'service_healthy' } });
  });

  test('the health check says what /healthz says', async () => {
    const [kind, program, ...args] = watch.healthcheck.test;
    assert.deepEqual([kind, program, args[0]], ['CMD', 'node', '-e']);
    let status = 200;
    const server: Server = createServer((request, response) => {
      response.statusCode = request.url === '/healthz' ? status : 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const check = () => exitOf((args[1] ?? '').replace(':9464', `:${address.port}`));
    assert.equal(await check(), 0);
    status = 503;
    assert.equal(await check(), 1);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    assert.equal(await check(), 1, 'nobody answers');
  });

  test('docker-compose reads it, and refuses it without images', (t) => {
    const absent = missing('docker-compose');
    if (absent !== null) {
      t.skip(`LEFT OUT: ${absent}: apt-get install docker-compose. NOT TESTED: that Compose reads the file`);
      return;
    }
    const config = (env: NodeJS.ProcessEnv) =>
      spawnSync('docker-compose', ['-f', join(folder, 'compose.yml'), 'config'], {
        encoding: 'utf8',
        cwd: folder,
        timeout: 60_000,
        env: { PATH: process.env['PATH'], HOME: folder, ...env },
      });
    const images = { KVITTO_IMAGE: `registry.example/kvitto@${digest}`, POSTGRES_IMAGE: `postgres@${digest}` };
    const read = config(images);
    assert.equal(read.status, 0, read.stderr);
    const { services } = parse(read.stdout);
    assert.deepEqual(
      [services.watch.image, services.watch.command, services.postgres.image],
      [images.KVITTO_IMAGE, watch.command, images.POSTGRES_IMAGE],
    );
    for (const name of Object.keys(images)) {
      const refused = config({ ...images, [name]: '' });
      assert.notEqual(refused.status, 0);
      if (name === 'KVITTO_IMAGE') assertShown('docs/operate.md', 'compose-without-image', refused.stderr);
      assert.ok(refused.stderr.includes(`set it in .env, with its digest`), refused.stderr);
    }
  });
});

/** How a script of Node ends that runs beside this process, which has to answer meanwhile. */
async function exitOf(script: string): Promise<number | null> {
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore', timeout: 20_000 });
  return await new Promise((resolve) => child.once('close', resolve));
}
