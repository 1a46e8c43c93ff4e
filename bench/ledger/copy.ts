import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import type { Envelope, Fact } from '../../src/ledger/fact.ts';
import { ledgerPaths } from '../../src/ledger/folder.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { readEntries } from '../../src/ledger/read-entries.ts';
import type { HandClock } from './build.ts';

const entriesAtOnce = 2_560;

function factOf({ v, recorded, clock, actor, tool, ...fact }: Envelope & Fact): Fact {
  void [v, recorded, clock, actor, tool];
  return fact;
}

/** Tells another ledger all that one was told, at the same times and in the same batches. Both begin with their own entry 0. */
export async function copyEstate(from: Ledger, to: Ledger, clock: HandClock): Promise<void> {
  const documents = (ledger: Ledger) => ledgerPaths(ledger.parts.paths.folder).documents;
  if (existsSync(documents(from))) cpSync(documents(from), path.resolve(documents(to)), { recursive: true });
  const { size } = await from.state();
  let batch: { recorded: string; actor: string; facts: Fact[] } | null = null;
  const write = async () => {
    if (batch === null) return;
    const { recorded, actor, facts } = batch;
    clock.now = Date.parse(recorded);
    await to.append(actor, async () => facts);
    batch = null;
  };
  for (let at = 1; at < size; at += entriesAtOnce) {
    const indexes = Array.from({ length: Math.min(entriesAtOnce, size - at) }, (_, i) => at + i);
    for (const entry of (await readEntries(from, indexes)).values()) {
      const same: boolean = batch !== null && batch.recorded === entry.recorded && batch.actor === entry.actor;
      if (!same) await write();
      batch ??= { recorded: entry.recorded, actor: entry.actor, facts: [] };
      batch.facts.push(factOf(entry));
    }
  }
  await write();
  await to.publish();
}
