// Processes that write to a ledger are killed at random instants; what they were told is recorded must be.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { allEntries } from '../../src/ledger/all-entries.ts';
import { compareProjections, structureFaults } from '../../src/ledger/compare.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLogFiles } from '../../src/ledger/publish.ts';
import { replay } from '../../src/ledger/replay.ts';
import { checkLog } from '../../src/tlog/check.ts';
import { parseVkey } from '../../src/tlog/note.ts';
import { fileStorage } from '../../src/tlog/storage/files.ts';
import { newFolder, open, type Place } from './place.ts';

/** Bundles the writer, so that it starts in little time. */
export async function bundleWriter(folder: string): Promise<string> {
  const outfile = join(folder, 'writer.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'writer.ts')],
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

/** What was seen over all kills. */
export interface Tally {
  kills: number;
  /** Deployments that a process was told are recorded. */
  acknowledged: number;
  /** Deployments that were recorded, and whose process was killed before it could say so. */
  unsaid: number;
  /** Kills after which the log's files lacked entries. */
  unpublished: number;
  /** Kills before the process had recorded anything. */
  early: number;
}

export function newTally(): Tally {
  return { kills: 0, acknowledged: 0, unsaid: 0, unpublished: 0, early: 0 };
}

interface Running {
  readonly child: ChildProcess;
  /** What it said so far: whole lines. */
  lines(): string[];
  /** Resolves when it said something, or ended. */
  readonly began: Promise<void>;
  readonly ended: Promise<void>;
  errors(): string;
}

function start(writer: string, place: Place, name: string, batch: number, publishEach: number): Running {
  const work = JSON.stringify({ ...place, name, count: 0, batch, publishEach });
  const child = spawn(process.execPath, [writer, work], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, errors] = ['', ''];
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    began.resolve();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  child.once('close', () => {
    began.resolve();
    ended.resolve();
  });
  // A line that the kill cut off says nothing.
  const lines = () =>
    said
      .slice(0, said.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
  return { child, lines, began: began.promise, ended: ended.promise, errors: () => errors };
}

export interface Victim {
  readonly writer: string;
  readonly place: Place;
  readonly tally: Tally;
}

/** Starts a writer, kills it at a random instant, and looks. `random`: from 0 to 1. */
export async function killOnce({ writer, place, tally }: Victim, round: number, random: () => number): Promise<void> {
  const batch = 1 + Math.floor(random() * 3);
  const running = start(writer, place, `r${round}`, batch, 1 + Math.floor(random() * 3));
  // One in ten while it starts and opens; the others while they write.
  if (random() < 0.1) await pause(random() * 250);
  else {
    await running.began;
    await pause(random() * 40);
  }
  running.child.kill('SIGKILL');
  await running.ended;
  if (running.child.signalCode !== 'SIGKILL') throw new Error(`the writer ended by itself:\n${running.errors()}`);
  await look(place, `r${round}`, running.lines(), batch, tally);
}

/** As `killOnce`, but it is the database's server that goes, and the writer fails. */
export async function killServer(
  { writer, place, tally }: Victim,
  round: number,
  random: () => number,
  restart: () => Promise<void>,
): Promise<void> {
  const batch = 2;
  const running = start(writer, place, `r${round}`, batch, 2);
  await running.began;
  await pause(random() * 100);
  await restart();
  await running.ended;
  if (!running.errors().includes('was lost')) throw new Error(`the writer said:\n${running.errors()}`);
  await look(place, `r${round}`, running.lines(), batch, tally);
}

/** Every acknowledged deployment is there, and at most one batch more; all parts of the ledger agree. Throws where not so. */
async function look(place: Place, name: string, told: readonly string[], batch: number, tally: Tally): Promise<void> {
  // Opening holds the log's files against the database.
  const ledger = await open(place, null);
  try {
    // Waits for a transaction that the killed process had already asked to commit.
    await ledger.append('test', async () => []);
    const { size, published_size } = await ledger.state();
    const found = await deploymentsOf(ledger, name);
    const lost = told.filter((line) => !found.has(line));
    const more = found.size - told.length;
    if (lost.length > 0) throw new Error(`lost after it was acknowledged: ${lost.join(', ')}`);
    if (more !== 0 && more !== batch)
      throw new Error(`${more} deployments more than were told, in batches of ${batch}`);
    await ledger.publish();
    const { faults } = await checkLog(fileStorage(ledger.parts.paths.log), {
      verifiers: ledger.parts.keys.map(parseVkey),
      origin: ledger.parts.origin,
    });
    if (faults.length > 0) throw new Error(`the log's files are at fault: ${JSON.stringify(faults.slice(0, 3))}`);
    const after = await ledger.state();
    if (after.published_size !== size) throw new Error(`${after.published_size} of ${size} entries were published`);
    tally.kills += 1;
    tally.acknowledged += told.length;
    tally.unsaid += more;
    tally.unpublished += published_size < size ? 1 : 0;
    tally.early += found.size === 0 ? 1 : 0;
  } finally {
    await ledger.close();
  }
}

/** The deployments of one writer as it tells them, from the tables and from the entries, which must say the same. */
async function deploymentsOf(ledger: Ledger, name: string): Promise<Set<string>> {
  const rows = await ledger.reader
    .selectFrom('deployment as d')
    .innerJoin('service as s', 's.id', 'd.service')
    .select(['d.id', 's.name'])
    .where('s.name', 'like', `${name}-%`)
    .orderBy('d.id')
    .execute();
  const first = rows[0];
  const found = new Set<string>();
  if (first === undefined) return found;
  const log = await openLogFiles(ledger.parts);
  const { size } = await ledger.state();
  const pending = new Map<number, Uint8Array>();
  for (const { id, bytes } of await ledger.reader.selectFrom('pending').selectAll().execute()) pending.set(id, bytes);
  const ids = new Set(rows.map((row) => row.id));
  for (let index = first.id; index < size; index++) {
    const bytes = index < log.size ? await log.entry(index) : pending.get(index);
    if (bytes === undefined) throw new Error(`entry ${index} of ${size} is neither in the log nor waiting for it`);
    const { service, change } = JSON.parse(Buffer.from(bytes).toString());
    if (!ids.delete(index)) throw new Error(`entry ${index} has no row in its table`);
    found.add(`${index} ${service} ${change}`);
  }
  if (ids.size > 0) throw new Error(`rows without an entry: ${[...ids].join(', ')}`);
  return found;
}

/** The tables are what the log says, row by row. Throws where not so. */
export async function checkTables(place: Place): Promise<void> {
  const ledger = await open(place, null);
  const log = await openLogFiles(ledger.parts);
  const expected = await replay({ entries: allEntries(log, ledger.reader), documents: ledger.documents });
  try {
    for await (const each of compareProjections(ledger.database, expected)) throw new Error(JSON.stringify(each));
    const faults = await structureFaults(ledger.database);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  } finally {
    await expected.close();
    await ledger.close();
  }
}

/** Kills of one ledger: small enough that looking through all of it after each takes little time. */
const killsOfOne = 25;

/** `count` kills, on `lanes` ledgers at a time. Each ledger is held against its log at the end. */
export async function killMany(
  writer: string,
  count: number,
  lanes: number,
  newPlace: () => Promise<Place>,
): Promise<Tally> {
  const tally = newTally();
  let left = count;
  const lane = async () => {
    while (left > 0) {
      const place = await newPlace();
      const kills = Math.min(left, killsOfOne);
      left -= kills;
      for (let round = 0; round < kills; round++) await killOnce({ writer, place, tally }, round, Math.random);
      await checkTables(place);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return tally;
}

/** A place in a folder of its own, which the caller removes. */
export async function placeOf(databaseUrl: string | null, folders: string[]): Promise<Place> {
  const folder = newFolder();
  folders.push(folder);
  return { folder, databaseUrl };
}
