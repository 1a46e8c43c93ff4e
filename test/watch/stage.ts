// A ledger, a receiver that goes up and down, and real `kvitto watch` processes that are killed: what arrives is held against the log.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { readCursor } from '../../src/alerts/relay/cursors.ts';
import type { CursorRow } from '../../src/ledger/database/tables.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { deploy } from '../../src/ledger/record/deploy.ts';
import type { EventType, KvittoEvent } from '../../src/model/event.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { root, scratch } from '../real/parts.ts';

const secret = 'c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=';

/** Of POST /rescan. */
export const watchToken = 'a-token-of-a-test';

/** Variables of the machine that would change what the program does. */
const unset = { CI: '', GITHUB_ACTIONS: '', GITLAB_CI: '', JENKINS_URL: '', TF_BUILD: '', SOURCE_DATE_EPOCH: '' };

/** Bundles the command line as it is published, or another program, so that it starts in little time. Its file. */
export async function bundleProgram(entry = 'src/cli/main.ts'): Promise<string> {
  const outfile = join(scratch('program'), 'kvitto.mjs');
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['pg-native'],
    logLevel: 'error',
    banner: { js: "import { createRequire as r } from 'node:module';const require = r(import.meta.url);" },
  });
  return outfile;
}

/** Something that arrived. */
export interface Arrived {
  readonly id: string;
  readonly event: KvittoEvent;
}

/** A receiver of signed webhooks on a port of this machine. */
export interface Receiver {
  readonly url: string;
  /** All that it confirmed, in order, what came twice too. */
  readonly arrived: readonly Arrived[];
  /** Requests whose signature was not right. */
  readonly wrong: number;
  /** What it answers from now on. */
  status: number;
  up(): Promise<void>;
  /** Ends it with all its connections. */
  down(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const arrived: Arrived[] = [];
  let server: Server | null = null;
  let port = 0;
  const key = Buffer.from(secret, 'base64');
  const serve = () =>
    createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('error', () => {});
      request.on('end', () => {
        const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers;
        const signed = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
        if (signature !== `v1,${signed}`) self.wrong += 1;
        if (self.status < 300) arrived.push({ id: String(id), event: JSON.parse(body) });
        response.writeHead(self.status).end();
      });
    });
  const self = {
    get url() {
      return `http://127.0.0.1:${port}/hook`;
    },
    arrived,
    wrong: 0,
    status: 204,
    async up() {
      if (server !== null) return;
      server = serve();
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      port = address.port;
    },
    async down() {
      const running = server;
      server = null;
      if (running === null) return;
      running.closeAllConnections();
      running.close();
      await once(running, 'close');
    },
  };
  await self.up();
  return self;
}

/** A `kvitto watch` that runs. */
export interface Watch {
  readonly child: ChildProcess;
  /** Resolves with the exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Lines of its log so far. */
  lines(): Line[];
  /** Waits for a line, at most `withinMs`. */
  until(is: (line: Line) => boolean, withinMs?: number): Promise<Line>;
}

export interface Line {
  readonly level: string;
  readonly event: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface WatchStage {
  readonly home: string;
  readonly folder: string;
  readonly databaseUrl: string | null;
  /** Opens its ledger here. */
  open(): Promise<Ledger>;
  /** Writes kvitto.yaml. */
  configure(text: string): void;
  watch(...words: readonly string[]): Watch;
  /** Runs another command to its end. */
  run(...words: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string }>;
  /** Ends all that it started. */
  end(): Promise<void>;
}

/** A home with a ledger, and no advisories. `program`: of `bundleProgram`. */
export function watchStage(name: string, program: string, databaseUrl: string | null = null): WatchStage {
  const home = scratch(`watch-${name}`);
  const folder = join(home, 'cwd');
  mkdirSync(folder);
  const running = new Set<ChildProcess>();
  const opened: Ledger[] = [];
  const env = {
    ...process.env,
    ...unset,
    NO_COLOR: '1',
    KVITTO_HOME: home,
    KVITTO_ROLE: 'watch',
    DATABASE_URL: databaseUrl ?? '',
    KVITTO_WATCH_TOKEN: watchToken,
    HOOK_SECRET: `whsec_${secret}`,
  };
  return {
    home,
    folder,
    databaseUrl,
    async open() {
      const ledger = await openLedger({
        folder: join(home, 'ledger'),
        databaseUrl,
        clock: () => new Date(),
        tool: 'kvitto/0.0.0',
        name: 'kvitto test',
        waitMs: 30_000,
        mode: 'create',
      });
      opened.push(ledger);
      return ledger;
    },
    configure: (text) => writeFileSync(join(folder, 'kvitto.yaml'), text),
    watch(...words) {
      const child = spawn(process.execPath, [program, 'watch', ...words], {
        cwd: folder,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      running.add(child);
      let told = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
      const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
        running.delete(child);
        return code ?? signal ?? null;
      });
      const lines = () =>
        told
          .slice(0, told.lastIndexOf('\n') + 1)
          .split('\n')
          .slice(0, -1)
          .map((line): Line => (line.startsWith('{') ? JSON.parse(line) : { level: '', event: '', message: line }));
      const until: Watch['until'] = async (is, withinMs = 20_000) => {
        for (const end = performance.now() + withinMs; performance.now() < end; await pause(20)) {
          const found = lines().find(is);
          if (found !== undefined) return found;
          if (child.exitCode !== null) break;
        }
        throw new Error(`the watch never said so:\n${told.slice(-4_000)}`);
      };
      return { child, ended, lines, until };
    },
    async run(...words) {
      const child = spawn(process.execPath, [program, ...words], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      const [code] = await once(child, 'close');
      return { code, stdout };
    },
    async end() {
      for (const child of running) child.kill('SIGKILL');
      for (const ledger of opened) await ledger.close();
    },
  };
}

/** The part `sinks` of a kvitto.yaml with a webhook. */
export function hookConfig(url: string, events: readonly EventType[], name = 'hook'): string {
  return `version: 1\nsinks:\n  ${name}:\n    type: webhook\n    url: ${url}\n    secret: { env: HOOK_SECRET }\n    events: [${events.join(', ')}]\nalerts: []\n`;
}

/** Records that so many services were deployed, in a transaction of its own each. */
export async function deployMany(ledger: Ledger, services: readonly string[], change: string): Promise<void> {
  const artifact = `sha256:${'ab'.repeat(32)}` as const;
  for (const service of services) {
    const none = { image: null, at: null, run: null, breakGlass: null };
    await deploy(ledger, { service, environment: 'prod', artifact, change, actor: 'ci', alongside: false, ...none });
  }
}

/** All events of these types that the log tells from an entry on, in order. */
export async function eventsFrom(ledger: Ledger, from: number, types: ReadonlySet<EventType>): Promise<KvittoEvent[]> {
  const { size } = await ledger.state();
  const events: KvittoEvent[] = [];
  for (let entry = from; entry < size; entry++) {
    for await (const event of eventsOf(ledger, entry)) if (types.has(event.type)) events.push(event);
  }
  return events;
}

/**
 * Those of them that are before the place of a sink: what it was told, after the watches ended. What one of them recorded last, the next one tells.
 * Says nothing of how far the sink got: that is for `drained` to wait for.
 */
export async function eventsTold(
  ledger: Ledger,
  sink: string,
  from: number,
  types: ReadonlySet<EventType>,
): Promise<KvittoEvent[]> {
  const at = await cursorOf(ledger, sink);
  const isTold = (e: KvittoEvent) => e.entry < at.entry || (e.entry === at.entry && e.place < at.place);
  return (await eventsFrom(ledger, from, types)).filter(isTold);
}

async function cursorOf(ledger: Ledger, sink: string): Promise<CursorRow> {
  const row = await readCursor(ledger.reader, sink);
  if (row === null) throw new Error(`no cursor of ${sink}`);
  return row;
}

/** Where a sink stands now: the entry from which on it is told. */
export async function standsAt(ledger: Ledger, sink: string): Promise<number> {
  return (await cursorOf(ledger, sink)).entry;
}

/** Waits until a sink has dealt with the whole log, and nothing was recorded meanwhile. */
export async function drained(ledger: Ledger, sink: string, withinMs = 60_000): Promise<void> {
  for (const end = performance.now() + withinMs; performance.now() < end; await pause(100)) {
    const { size } = await ledger.state();
    if ((await standsAt(ledger, sink)) >= size) return;
  }
  const row = await readCursor(ledger.reader, sink);
  throw new Error(
    `the sink did not get to the end of the log: ${JSON.stringify(row)} of ${(await ledger.state()).size}`,
  );
}

/** What arrived is exactly what the log tells, each at least once, and the first of each in order: in all, and so for each service. */
export function arrivedWhole(arrived: readonly Arrived[], expected: readonly KvittoEvent[]): void {
  const firsts = [...new Map(arrived.map((one) => [one.id, one])).values()];
  assert.deepEqual(
    firsts.map((one) => one.id),
    expected.map((event) => event.id),
  );
  const byService = (events: readonly KvittoEvent[]) =>
    [...Map.groupBy(events, (e) => e.service)].map(([service, of]) => [
      service,
      of.map((e) => `${e.entry}/${e.place}`),
    ]);
  assert.deepEqual(byService(firsts.map((one) => one.event)), byService(expected));
}
