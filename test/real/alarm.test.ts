// The story of the second source: what becomes known after the deployment stands within seconds where people look. Real image,
// real feeds, a real watch, real receivers.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { ecsFaults, ecsFields } from '../../src/alerts/encodings/testing/ecs-oracle.ts';
import { OcsfOracle } from '../../src/alerts/encodings/testing/ocsf-oracle.ts';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import { type Authority, startAuthority } from '../../src/alerts/testing/certificates.ts';
import { type HttpReceiver, startHttpReceiver } from '../../src/alerts/testing/http-receiver.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { exposure } from '../../src/ledger/queries/exposure.ts';
import type { AlertEvent, ChangeEvent, KvittoEvent } from '../../src/model/event.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { queryPrometheus, startAlertmanager, startPrometheus, startRsyslog } from './alarm-receivers.ts';
import { appRoot, debianRoot, imageTools, nodeProject, ociLayout, vulnerablePackages } from './images.ts';
import { feedsFolder, kvitto, root, scratch, skipWithout } from './parts.ts';
import { type RunningServer, startServer } from './tool.ts';

const [first, second] = [feedsFolder('2025-09-30'), feedsFolder('2026-08-21')];
const tools = [...imageTools, 'npm', 'rsyslogd', 'prometheus', 'prometheus-alertmanager', 'openssl'];
const python = '/usr/bin/python3';
const skip =
  first === null || second === null
    ? 'LEFT OUT: no real feeds of two dates (KVITTO_FEEDS)'
    : spawnSync(python, ['-c', 'import aiosmtpd']).status !== 0
      ? 'LEFT OUT: python3-aiosmtpd not installed: apt-get install python3-aiosmtpd'
      : skipWithout(tools, true);

const password = 'a password for mail';
const webhookSecret = `whsec_${Buffer.from('a key of twenty-four bytes or more').toString('base64')}`;
const dependencies = { axios: '0.18.0', express: '4.17.1', jquery: '3.4.1', lodash: '4.17.19', next: '13.0.0' };

interface Mail {
  readonly tls: boolean;
  readonly login: boolean;
  readonly data: string;
}

/** What ECS and OCSF documents hold of the id. */
const idOfEcs = (line: string): string => JSON.parse(line).event.id;
const idOfOcsf = (line: string): string => JSON.parse(line).metadata.uid;

describe('what becomes known after the deployment', { skip }, () => {
  const folder = skip === false ? scratch('alarm') : '';
  const home = join(folder, 'home');
  const at = (name: string) => join(folder, name);
  const servers: RunningServer[] = [];
  let authority: Authority;
  let hook: HttpReceiver;
  let ports = { rsyslog: 0, alertmanager: 0, prometheus: 0, watch: 0 };
  let syslogLines: () => string[] = () => [];
  const mails: Mail[] = [];
  let endMail: () => Promise<void> = async () => {};
  let watch: RunningServer;
  let before_: number;
  let moved = 0;

  const linesOf = (name: string): string[] =>
    readFileSync(at(name), 'utf8')
      .split('\n')
      .filter((l) => l !== '');

  /** Asks again until the answer is yes, at most a minute. */
  async function until(what: string, yes: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (await yes()) return;
      await pause(100);
    }
    throw new Error(`${what} did not come within a minute:\n${watch.log()}`);
  }

  async function startMail(): Promise<number> {
    const own = await authority.issue('mail', 'IP:127.0.0.1');
    const script = join(root, 'src/alerts/sinks/smtp/testing/aiosmtpd-receiver.py');
    const words = [script, 'starttls', own.certFile, own.keyFile, 'kvitto', password];
    const server = spawn(python, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(server.stdout);
    const [port] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
    lines.on('line', (line) => mails.push(JSON.parse(line)));
    const ended = once(server, 'exit');
    endMail = async () => {
      server.stdin.end();
      await ended;
    };
    return Number(port);
  }

  function writeConfig(mailPort: number): void {
    const everything = [
      'scan',
      'verdict',
      'deployment',
      'observation',
      'decision',
      'rescan',
      'change',
      'alert',
      'ledger',
    ];
    const config = {
      version: 1,
      maxDbAge: '365d',
      watch: { ecosystems: ['Debian', 'npm'], link: 'https://kvitto.example' },
      owners: [{ service: 'shop', owner: 'team-shop' }],
      sinks: {
        syslog: {
          type: 'syslog',
          host: '127.0.0.1',
          port: ports.rsyslog,
          transport: 'tls',
          tls: { ca: authority.caFile },
          events: everything,
        },
        ecs: { type: 'file', path: at('ecs.json'), format: 'ecs', events: everything },
        ocsf: { type: 'file', path: at('ocsf.json'), format: 'ocsf', events: everything },
        hook: {
          type: 'webhook',
          url: `http://127.0.0.1:${hook.port}/kvitto`,
          secret: { env: 'ALARM_WEBHOOK_SECRET' },
          events: everything,
        },
        mail: {
          type: 'smtp',
          host: '127.0.0.1',
          port: mailPort,
          tls: 'starttls',
          ca: authority.caFile,
          user: 'kvitto',
          password: { env: 'ALARM_MAIL_PASSWORD' },
          from: 'kvitto@example.org',
          to: ['security@example.org'],
        },
        pager: { type: 'alertmanager', url: `http://127.0.0.1:${ports.alertmanager}` },
      },
      alerts: [
        { name: 'exploited', changes: ['new', 'exploited'], exploited: true, send: ['mail', 'pager'] },
        { name: 'known', changes: ['new', 'severity-up'], send: ['mail', 'pager'] },
      ],
    };
    // JSON is YAML.
    writeFileSync(at('kvitto.yaml'), JSON.stringify(config));
  }

  before(async () => {
    mkdirSync(folder, { recursive: true });
    authority = await startAuthority();
    const rsyslog = await startRsyslog(at('rsyslog'), await authority.issue('log', 'IP:127.0.0.1'), authority.caFile);
    const alertmanager = await startAlertmanager(at('alertmanager'));
    syslogLines = rsyslog.lines;
    servers.push(rsyslog.server, alertmanager.server);
    hook = await startHttpReceiver((got) => {
      // What the library does not verify, is refused.
      try {
        new Webhook(webhookSecret).verify(got.body, got.headers as Record<string, string>);
        return { status: 204 };
      } catch (error) {
        return { status: 401, body: String(error) };
      }
    });
    ports = { ...ports, rsyslog: rsyslog.port, alertmanager: alertmanager.port, watch: await closedPort() };
    writeConfig(await startMail());

    symlinkSync(first ?? '', at('feeds'));
    const own = (...words: string[]) => {
      const done = kvitto(words, { home, cwd: folder });
      assert.ok([0, 1, 3].includes(done.status ?? -1), done.stderr);
      return done;
    };
    own('db', 'update', '--feeds', at('feeds'), '--ecosystems', 'Debian,npm', '-q');
    const app = { from: appRoot(folder, nodeProject(folder, dependencies, true)), to: '/srv' };
    const layout = ociLayout(folder, 'shop', debianRoot('bookworm', vulnerablePackages()), app);
    const gate = own('gate', `oci:${layout}:app`, '--record', '--by', 'pipeline', '-q', '--offline', '-f', 'json');
    const digest = (JSON.parse(gate.stdout) as { artifact: { digest: string } }).artifact.digest;
    own(
      'deploy',
      'shop',
      '--env',
      'prod',
      '--image',
      `shop@${digest}`,
      '--by',
      'pipeline',
      '-q',
      '--break-glass',
      'a firewall',
    );

    const words = ['watch', '--feeds', at('feeds'), '--config', at('kvitto.yaml'), '--by', 'watch'];
    const env = {
      ...process.env,
      ...{ KVITTO_HOME: home, ALARM_WEBHOOK_SECRET: webhookSecret, ALARM_MAIL_PASSWORD: password },
    };
    const program = join(root, 'bin/kvitto.js');
    const listen = ['--listen', `127.0.0.1:${ports.watch}`];
    const ready = (log: string) => log.includes('held against the advisories');
    watch = await startServer(process.execPath, [program, ...words, ...listen], ready, { env, cwd: folder });
    servers.push(watch);
    const prometheus = await startPrometheus(at('prometheus'), ports.watch);
    ports = { ...ports, prometheus: prometheus.port };
    servers.push(prometheus.server);

    const ledger = await reader();
    before_ = (await ledger.state()).size;
    await ledger.close();
    moved = Date.now();
    // The folder of feeds moves, as whoever fills it would move it: in one step.
    spawnSync('ln', ['-sfn', second ?? '', at('feeds')]);
    await until('the alert in a mail', () => mails.length > 0);
  });
  after(async () => {
    for (const server of servers.reverse()) await server.stop();
    await endMail();
    await hook?.stop();
    await authority?.remove();
  });

  const reader = async () =>
    await openLedger({
      ...{ folder: join(home, 'ledger'), databaseUrl: null, clock: () => new Date(), tool: 'test' },
      ...{ name: 'test', waitMs: 10_000, mode: 'read' },
    });

  /** All events since the feeds moved, from the ledger itself. */
  async function expected(): Promise<KvittoEvent[]> {
    const ledger = await reader();
    const { size } = await ledger.state();
    const events: KvittoEvent[] = [];
    for (let entry = before_; entry < size; entry++) {
      for await (const event of eventsOf(ledger, entry)) events.push(event);
    }
    await ledger.close();
    return events;
  }

  const since = (ids: readonly string[]) => ids.filter((id) => Number(id.split('-')[1]) >= before_);

  test('stands in the log, in files, at the webhook: each event once, in order', async (t) => {
    const wanted = (await expected()).map((e) => e.id);
    assert.ok(wanted.length > 20, `${wanted.length} events`);
    await until('all events at rsyslog', () => since(syslogLines().map(idInStructuredData)).length >= wanted.length);
    await until('all events at the webhook', () => since(hook.got.map(idOfGot)).length >= wanted.length);
    assert.deepEqual(since(syslogLines().map(idInStructuredData)), wanted);
    assert.deepEqual(since(linesOf('ecs.json').map(idOfEcs)), wanted);
    assert.deepEqual(since(linesOf('ocsf.json').map(idOfOcsf)), wanted);
    assert.deepEqual(since(hook.got.map(idOfGot)), wanted);
    const skipped = (reason: string) => t.diagnostic(reason);
    const fields = ecsFields(skipped);
    const oracle = OcsfOracle.open(skipped);
    for (const line of linesOf('ecs.json'))
      if (fields !== null) assert.deepEqual(ecsFaults(JSON.parse(line), fields), []);
    for (const line of linesOf('ocsf.json')) if (oracle !== null) assert.deepEqual(oracle.faults(JSON.parse(line)), []);
    t.diagnostic(
      `${wanted.length} events stood everywhere ${Math.round((Date.now() - moved) / 100) / 10} s after the feeds moved`,
    );
  });

  test('is what the ledger learned, when it learned it', async () => {
    const changes = (await expected()).filter((e): e is ChangeEvent => e.type === 'change');
    const fresh = changes.filter((c) => c.change === 'new');
    const ledger = await reader();
    const request = { service: 'shop', environment: 'prod', maxFeedAgeMs: null };
    const [then, now] = [moved, Date.now()];
    const was = await exposure(ledger, { ...request, from: then, to: then, asOf: then });
    const is = await exposure(ledger, { ...request, from: now, to: now, asOf: null });
    await ledger.close();
    const key = (r: { readonly component: string | null; readonly vulnerability: string }) =>
      `${r.component} ${r.vulnerability}`;
    const known = new Set(was.rows.map(key));
    const learned = is.rows.filter((r) => !known.has(key(r)));
    assert.ok(learned.length > 10);
    assert.deepEqual(
      fresh.map((c) => key({ component: c.component, vulnerability: c.subject })).toSorted(),
      learned.map(key).toSorted(),
    );
    assert.deepEqual(
      new Set(fresh.map((c) => c.at)),
      new Set(learned.map((r) => new Date(r.firstKnown).toISOString())),
    );
    const [one] = fresh;
    assert.ok(one !== undefined && Date.parse(one.at) >= moved && Date.parse(one.at) < now);
  });

  test('is a mail, an alert in Alertmanager, and a number in Prometheus', async () => {
    const alerts = (await expected()).filter((e): e is AlertEvent => e.type === 'alert' && e.state === 'raised');
    assert.ok(alerts.length > 0);
    assert.deepEqual(new Set(alerts.map((a) => a.owner)), new Set(['team-shop']));
    await until('all mails', () => mails.length >= alerts.length);
    assert.equal(mails.length, alerts.length);
    for (const [i, alert] of alerts.entries()) {
      const mail = Buffer.from(mails[i]?.data ?? '', 'base64').toString('utf8');
      assert.deepEqual([mails[i]?.tls, mails[i]?.login], [true, true]);
      assert.match(mail, new RegExp(`Message-ID: <${alert.id}@`));
      assert.match(mail, /shop/);
    }
    await until('all alerts in Alertmanager', async () => (await atAlertmanager()).size >= alerts.length);
    assert.deepEqual(await atAlertmanager(), new Set(alerts.map((a) => a.thread)));

    const ledger = await reader();
    const now = Date.now();
    const { rows } = await exposure(ledger, {
      ...{ service: 'shop', environment: 'prod', from: now, to: now, asOf: null, maxFeedAgeMs: null },
    });
    await ledger.close();
    const pairs = new Set(rows.map((r) => `${r.component} ${r.vulnerability}`));
    const sum = 'sum(kvitto_findings{service="shop",environment="prod"})';
    await until(
      'the findings in Prometheus',
      async () => (await queryPrometheus(ports.prometheus, sum)).get('') === pairs.size,
    );
    const firing = await queryPrometheus(ports.prometheus, 'sum(ALERTS{alertname="KvittoFeedStale"}) > 0 or vector(0)');
    assert.equal(firing.size, 1);
  });

  async function atAlertmanager(): Promise<Set<string>> {
    const answer = await fetch(`http://127.0.0.1:${ports.alertmanager}/api/v2/alerts`);
    const active = (await answer.json()) as { labels: Record<string, string> }[];
    return new Set(active.map((a) => a.labels['thread'] ?? ''));
  }
});

const idOfGot = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): string =>
  String(headers['webhook-id']);

/** `[kvitto@32473 id="…" …] …` */
function idInStructuredData(line: string): string {
  return /^\[kvitto@32473 [^\]]*?\bid="([^"]+)"/.exec(line)?.[1] ?? line;
}
