import type { NormalizedRecord } from '../feeds/osv/normalize.ts';
import { baseEcosystem } from '../names.ts';
import { packAdvisory } from '../store/encoding.ts';
import type { Sorter } from './sorter.ts';

/** Puts the advisories of one record into the sorter, under the names by which they are looked up. */
export function addRecord(sorter: Sorter, record: NormalizedRecord): void {
  for (const { name, record: whole, affected } of record.named) {
    const entries = affected.map((a) => ({ release: a.ecosystem.slice(baseEcosystem(a.ecosystem).length), ...a }));
    for (const { release } of entries) sorter.releases.add(release);
    sorter.add({ name, id: whole.id, modified: whole.modified, packed: packAdvisory(whole, entries) });
  }
}

const mostBadNames = 1000;

/** Counts of a feed that is being read. */
export interface Tally {
  records: number;
  badRecords: number;
  /** Records that name something of the ecosystem, or are withdrawn. */
  telling: number;
  /** Why the first bad record is bad, with its name. */
  firstFault: string | null;
  /** Names of bad records, the first few of them: a later small update may mend one. */
  readonly badNames: string[];
  /** Newest `modified` of any record that does not lie in the future. */
  newest: string | null;
}

/** A tally of nothing. `newest`: the newest time that is known before. */
export function emptyTally(newest: string | null): Tally {
  return { records: 0, badRecords: 0, telling: 0, firstFault: null, badNames: [], newest };
}

/** Whether a record says something about its feed's ecosystem: a withdrawn one says that it is. */
export function tells(record: NormalizedRecord): boolean {
  return record.named.length > 0 || record.withdrawn;
}

/** Adds one record to the counts. `name`: of the file, for the message. `now`: later times are not believed. */
export function tallyRecord(tally: Tally, name: string, record: NormalizedRecord, now: string): void {
  tally.records += 1;
  if (tells(record)) tally.telling += 1;
  if (record.fault !== null) {
    tally.badRecords += 1;
    if (tally.badNames.length < mostBadNames) tally.badNames.push(name);
    tally.firstFault ??= `${name}: ${record.fault}`;
  }
  const { modified } = record;
  if (modified !== null && modified <= now && (tally.newest === null || modified > tally.newest))
    tally.newest = modified;
}
