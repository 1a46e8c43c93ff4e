// One of every sink that can be asked what it got, each behind a door: real receivers where this machine has them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';
import { githubAnswering } from '../../src/alerts/sinks/github/testing/answering.ts';
import { gitlabAnswering } from '../../src/alerts/sinks/gitlab/testing/answering.ts';
import { jiraAnswering } from '../../src/alerts/sinks/jira/testing/answering.ts';
import { startReceiver as startSyslog } from '../../src/alerts/sinks/syslog/testing/receiver.ts';
import { startBulkReceiver } from '../../src/alerts/testing/bulk-receiver.ts';
import { startAuthority } from '../../src/alerts/testing/certificates.ts';
import { eventIdOf } from '../../src/alerts/testing/chat-stage.ts';
import { type Got, type Reply, startHttpReceiver } from '../../src/alerts/testing/http-receiver.ts';
import { testToken } from '../../src/alerts/testing/issue-acceptance.ts';
import { type Answering, type Desk, type DeskIssue, startIssueServer } from '../../src/alerts/testing/issue-desk.ts';
import { type EventType, eventTypes } from '../../src/model/event.ts';
import { startAlertmanager, startRsyslog } from '../real/alarm-receivers.ts';
import { root } from '../real/parts.ts';
import { missing } from '../real/tool.ts';
import { doorBefore } from './door.ts';

export interface OutageSink {
  readonly name: string;
  readonly type: string;
  /** What flows there by itself; alerts that name it besides. */
  readonly events: readonly EventType[];
  readonly settings: object;
  /** Ids in the order in which they arrived, also what came twice; null where it keeps none. */
  readonly ids: (() => readonly string[]) | null;
  /** Of a tracker: what it holds. */
  readonly desk: Desk | null;
  open(): Promise<void>;
  shut(): Promise<void>;
}

export interface OutageSinks {
  readonly sinks: readonly OutageSink[];
  /** Threads that Alertmanager shows as active; null where there is none on this machine. */
  readonly active: (() => Promise<ReadonlySet<string>>) | null;
  /** What a receiver found wrong with what came. */
  readonly faults: readonly string[];
  /** What is not there, and so was not tested. */
  readonly leftOut: readonly string[];
  end(): Promise<void>;
}

const python = '/usr/bin/python3';
const hookSecret = `whsec_${Buffer.from('a key of twenty-four bytes or more').toString('base64')}`;
const password = 'a password for mail';

/** Starts all receivers, each behind a door that is shut. `folder`: for what they write, and the secrets. */
export async function startSinks(folder: string): Promise<OutageSinks> {
  mkdirSync(folder, { recursive: true });
  const stops: (() => Promise<unknown>)[] = [];
  const sinks: OutageSink[] = [];
  const faults: string[] = [];
  const leftOut: string[] = [
    'stdout: what a killed process wrote there is kept by nobody',
    'syslog over UDP: it promises nothing',
  ];
  const secretFile = (name: string, text: string): { file: string } => {
    const file = join(folder, `${name}.secret`);
    writeFileSync(file, text, { mode: 0o600 });
    return { file };
  };
  interface Described {
    readonly name: string;
    readonly type: string;
    readonly events?: readonly EventType[];
    readonly ids: OutageSink['ids'];
    readonly desk?: Desk | null;
    readonly settings: (port: number) => object;
  }
  const add = async (inner: number, { name, type, events = [], ids, desk = null, settings }: Described) => {
    const door = await doorBefore(inner);
    sinks.push({ name, type, events, ids, desk, settings: settings(door.port), open: door.open, shut: door.shut });
    stops.unshift(door.shut);
  };
  const overHttp = async (
    described: Omit<Described, 'ids'>,
    idsOf: (got: Got) => readonly string[],
    reply: Reply | ((got: Got) => Reply),
  ) => {
    const ids: string[] = [];
    const receiver = await startHttpReceiver((got) => {
      ids.push(...idsOf(got));
      return typeof reply === 'function' ? (reply as (got: Got) => Reply)(got) : reply;
    });
    stops.push(receiver.stop);
    await add(receiver.port, { ...described, ids: () => ids });
  };
  const at = (port: number, path = '') => `http://127.0.0.1:${port}${path}`;

  const out = join(folder, 'out');
  mkdirSync(out);
  for (const format of ['ecs', 'ocsf']) {
    const path = join(out, `${format}.json`);
    const idOf = (line: string) => (format === 'ecs' ? JSON.parse(line).event.id : JSON.parse(line).metadata.uid);
    const ids = () => linesOf(path).map(idOf);
    // Its folder is not there: not mounted yet, or taken away.
    const away = `${out}-away`;
    const open = async () => void (existsSync(away) && renameSync(away, out));
    const shut = async () => void (existsSync(out) && renameSync(out, away));
    const settings = { path, format };
    sinks.push({ name: `file-${format}`, type: 'file', events: eventTypes, settings, ids, desk: null, open, shut });
  }

  const openssl = missing('openssl');
  const authority = openssl === null ? await startAuthority() : null;
  if (authority === null) leftOut.push(`syslog over TLS, mail: ${openssl}`);
  else stops.push(authority.remove);
  const syslog = await startSyslog();
  stops.push(syslog.stop);
  await add(syslog.port, {
    ...{ name: 'syslog-tcp', type: 'syslog', events: eventTypes, ids: syslog.ids },
    settings: (port) => ({ host: '127.0.0.1', port, transport: 'tcp' }),
  });
  const noRsyslog = missing('rsyslogd');
  if (noRsyslog !== null) leftOut.push(`rsyslog: ${noRsyslog}`);
  else if (authority !== null) {
    const own = await authority.issue('log', 'IP:127.0.0.1');
    const { port: inner, server, lines } = await startRsyslog(join(folder, 'rsyslog'), own, authority.caFile);
    stops.push(server.stop);
    await add(inner, {
      ...{ name: 'syslog-tls', type: 'syslog', events: eventTypes },
      ids: () => lines().map((line) => / id="([^"]+)"/.exec(line)?.[1] ?? line),
      settings: (port) => ({ host: '127.0.0.1', port, transport: 'tls', tls: { ca: authority.caFile } }),
    });
  }

  await overHttp(
    { name: 'otlp', type: 'otlp', events: eventTypes, settings: (port) => ({ url: at(port) }) },
    ({ body }) => recordIds(JSON.parse(body)),
    { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' },
  );
  const bulk = await startBulkReceiver(() => null);
  stops.push(bulk.stop);
  await add(bulk.port, {
    ...{ name: 'elasticsearch', type: 'elasticsearch', events: eventTypes },
    // What comes twice is a conflict there, and no second document.
    ids: () => [...bulk.documents.keys()],
    settings: (port) => ({ url: at(port) }),
  });
  await overHttp(
    { name: 'loki', type: 'loki', events: eventTypes, settings: (port) => ({ url: at(port) }) },
    ({ body }) => pushedIds(JSON.parse(body)),
    { status: 204 },
  );
  await overHttp(
    {
      ...{ name: 'hook', type: 'webhook', events: eventTypes },
      settings: (port) => ({ url: at(port, '/hook'), secret: secretFile('hook', hookSecret) }),
    },
    ({ headers, body }) => {
      try {
        new Webhook(hookSecret).verify(body, headers as Record<string, string>);
      } catch (error) {
        faults.push(`webhook: ${String(error)}`);
      }
      return [String(headers['webhook-id'])];
    },
    { status: 204 },
  );

  const chats: readonly [string, readonly EventType[], Reply][] = [
    ['slack', ['alert', 'change', 'deployment'], { status: 200, body: 'ok' }],
    ['teams', ['alert'], { status: 202 }],
    ['mattermost', ['alert', 'decision', 'verdict'], { status: 200, body: 'ok' }],
  ];
  for (const [type, events, reply] of chats) {
    const settings = (port: number) => ({ url: secretFile(type, at(port, '/services/T000/B000/secret')) });
    await overHttp({ name: type, type, events, settings }, ({ body }) => [eventIdOf(body)], reply);
  }

  const trackers: readonly [string, Answering, (port: number) => object][] = [
    ['github', githubAnswering, (port) => ({ url: at(port), repository: 'acme/shop' })],
    ['gitlab', gitlabAnswering, (port) => ({ url: at(port), project: 'acme/shop' })],
    ['jira', jiraAnswering(3), (port) => ({ url: at(port), project: 'SEC', user: 'me@acme.example' })],
  ];
  for (const [type, answering, settings] of trackers) {
    const told: string[] = [];
    const { port: inner, desk, stop } = await startIssueServer(noting(answering, told));
    stops.push(stop);
    const token = secretFile(type, testToken);
    const ids = () => told;
    await add(inner, { name: type, type, ids, desk, settings: (port) => ({ ...settings(port), token }) });
  }

  if (authority === null || !existsSync(python) || (await exitOf(python, ['-c', 'import aiosmtpd'])) !== 0) {
    leftOut.push('mail: python3-aiosmtpd not installed: apt-get install python3-aiosmtpd');
  } else {
    const own = await authority.issue('mail', 'IP:127.0.0.1');
    const mail = await startMail([own.certFile, own.keyFile]);
    stops.push(mail.stop);
    await add(mail.port, {
      ...{ name: 'mail', type: 'smtp', events: ['alert', 'change'], ids: () => mail.ids },
      settings: (port) => ({
        ...{ host: '127.0.0.1', port, ca: authority.caFile, user: 'kvitto', password: secretFile('mail', password) },
        ...{ from: 'kvitto@example.org', to: ['security@example.org'] },
      }),
    });
  }

  let active: OutageSinks['active'] = null;
  const noAlertmanager = missing('prometheus-alertmanager');
  if (noAlertmanager !== null) leftOut.push(`Alertmanager: ${noAlertmanager}`);
  else {
    const { port: inner, server } = await startAlertmanager(join(folder, 'alertmanager'));
    stops.push(server.stop);
    await add(inner, {
      ...{ name: 'pager', type: 'alertmanager', ids: null },
      settings: (port) => ({ url: at(port) }),
    });
    active = async () => {
      const answer = await fetch(at(inner, '/api/v2/alerts'));
      const shown = (await answer.json()) as { readonly labels: Readonly<Record<string, string>> }[];
      return new Set(shown.map(({ labels }) => labels['thread'] ?? ''));
    };
  }
  const end = async () => {
    for (const stop of stops) await stop();
  };
  for (const sink of sinks) await sink.shut();
  return { sinks, active, faults, leftOut, end };
}

/** A tracker that also notes, in the order in which they came, of which events its issues and comments tell. */
function noting(answering: Answering, told: string[]): Answering {
  const seen = new Map<DeskIssue, number>();
  return (desk, got, url) => {
    const reply = answering(desk, got, url);
    for (const issue of desk.issues) {
      const texts = [issue.body, ...issue.comments];
      told.push(...texts.slice(seen.get(issue) ?? 0).map(eventIdOf));
      seen.set(issue, texts.length);
    }
    return reply;
  };
}

/** The whole lines of a file. */
function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

interface OtlpRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
      }[];
    }[];
  }[];
}

function recordIds({ resourceLogs }: OtlpRequest): string[] {
  const records = resourceLogs.flatMap((r) => r.scopeLogs).flatMap((s) => s.logRecords);
  return records.map((r) => r.attributes.find((a) => a.key === 'log.record.uid')?.value.stringValue ?? '');
}

interface LokiPush {
  readonly streams: readonly { readonly values: readonly (readonly [string, string])[] }[];
}

/** In the order of their times: streams of one push come at the same moment. */
function pushedIds({ streams }: LokiPush): string[] {
  const values = streams.flatMap((s) => s.values).map(([time, line]) => [BigInt(time), line] as const);
  values.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return values.map(([, line]) => JSON.parse(line).event.id);
}

async function exitOf(program: string, words: readonly string[]): Promise<number | null> {
  const [code] = await once(spawn(program, words, { stdio: 'ignore' }), 'exit');
  return code;
}

async function startMail(files: readonly string[]) {
  const script = join(root, 'src/alerts/sinks/smtp/testing/aiosmtpd-receiver.py');
  const server = spawn(python, [script, 'starttls', ...files, 'kvitto', password], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  const lines = createInterface(server.stdout);
  const [port] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
  const ids: string[] = [];
  lines.on('line', (line) => {
    const { data } = JSON.parse(line) as { readonly data: string };
    const head = Buffer.from(data, 'base64').toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
    ids.push(/^Message-ID: <([^@>]+)@/im.exec(head)?.[1] ?? head);
  });
  const stop = async () => {
    server.stdin.end();
    await ended;
  };
  return { port: Number(port), ids, stop };
}
