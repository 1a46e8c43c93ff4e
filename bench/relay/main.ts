// How many events a second the sink `syslog` delivers over TLS, confirmed: `npm run bench:relay`. Beside it, the same bytes written to a bare TLS socket.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { syslog } from '../../src/alerts/sinks/syslog/index.ts';
import { framed, syslogMessage } from '../../src/alerts/sinks/syslog/message.ts';
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
} from '../../src/alerts/sinks/syslog/testing/certificates.ts';
import { sampleChange } from '../../src/alerts/testing/sample-events.ts';
import { sinkContext } from '../../src/alerts/testing/sink-acceptance.ts';
import type { KvittoEvent } from '../../src/model/event.ts';
import { startRsyslog } from '../../test/alerts/syslog-receivers.ts';
import { scratch, skipWithout } from '../../test/real/parts.ts';
import { eventsIn, relayAll, relayLedger } from './from-ledger.ts';

const events = 10_000;
const rounds = 3;
const folder = scratch('bench-relay');
const ca = makeAuthority(folder, 'authority');
const own = makeCertificate(folder, 'receiver', { by: ca });
const all = Array.from({ length: events }, (_, i) => ({
  ...sampleChange('new', i),
  message: `change ${i} of the bench`,
}));

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function startReceiver(name: string, { cert, key }: Certificate): Promise<{ port: number; stop: () => void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), cert, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill());
  const [line] = await once(child.stdout, 'data');
  return { port: Number(String(line)), stop: () => child.kill() };
}

/** Seconds, the best of some rounds. */
async function best(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await work();
    times.push((performance.now() - started) / 1_000);
  }
  return Math.min(...times);
}

async function relay(port: number, batch: number): Promise<void> {
  const settings = syslog.settings.parse({ host: 'localhost', port, tls: { ca: ca.cert } });
  for (let at = 0; at < all.length; at += batch) {
    const { stopped } = await syslog.deliver(all.slice(at, at + batch), settings, sinkContext());
    if (stopped !== null) throw new Error(stopped.message);
  }
}

/** The same bytes, made before, over one connection that ends in order. */
async function bare(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ host: 'localhost', port, ca: readFileSync(ca.cert), allowHalfOpen: true } as object);
  await once(socket, 'secureConnect');
  socket.resume();
  socket.end(bytes);
  await once(socket, 'end');
  socket.destroy();
}

const settings = { ...syslog.settings.parse({ host: 'localhost' }), hostname: 'bench' };
const bytesOf = (of: readonly KvittoEvent[]) =>
  Buffer.concat(of.flatMap((event) => framed(syslogMessage(event, settings, sinkContext()))));
const bytes = bytesOf(all);
tell(
  `${events} events of ${Math.round(bytes.length / events)} bytes, ECS in RFC 5424 over TLS, to a receiver on this machine; best of ${rounds}`,
);

async function measure(name: string, port: number): Promise<void> {
  const least = await best(() => bare(port, bytes));
  tell(`${name}: bare TLS socket, bytes made before: ${Math.round(events / least)} events/s`);
  for (const batch of [100, 250, 500, 1_000, 2_000]) {
    const seconds = await best(() => relay(port, batch));
    const mark = batch === syslog.mostAtOnce ? '  <- mostAtOnce' : '';
    tell(
      `${name}: sink, ${batch} at once: ${Math.round(events / seconds)} events/s, ${(seconds / least).toFixed(1)} × the bare socket${mark}`,
    );
  }
}

process.env.BENCH_SECRET = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;
const ledger = await relayLedger();
const inLedger = await eventsIn(ledger);
const bytesEach = Math.round(bytesOf(inLedger).length / inLedger.length);

/** From the ledger on: events made, encoded, confirmed, cursor moved. */
async function whole(name: string, settings: string): Promise<void> {
  let count = 0;
  const seconds = await best(async () => {
    count = (await relayAll(ledger, settings)).events;
  });
  tell(
    `${name}, from the ledger over TLS: ${count} events of ${bytesEach} bytes, ${Math.round(count / seconds)} events/s`,
  );
}

const receiver = await startReceiver('bare-receiver.ts', own);
await measure('a server that forgets', receiver.port);
receiver.stop();

const missing = skipWithout(['rsyslogd']);
if (missing !== false) tell(missing);
else {
  const rsyslog = await startRsyslog(join(folder, 'rsyslog'), ca, own);
  await measure('rsyslog, the shipped example', rsyslog.port);
  await whole(
    'rsyslog, the shipped example',
    `type: syslog, host: localhost, port: ${rsyslog.port}, tls: { ca: ${ca.cert} }`,
  );
  await rsyslog.stop();
}
const hook = await startReceiver('hook-receiver.ts', own);
await whole(
  'webhook',
  `type: webhook, url: "https://localhost:${hook.port}/", secret: { env: BENCH_SECRET }, tls: { ca: ${ca.cert} }`,
);
hook.stop();
await ledger.small.close();
