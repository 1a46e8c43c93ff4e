import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { openStore } from '../../src/advisories/store/open.ts';
import { writeOsvZip } from '../../src/advisories/testing/feeds-folder.ts';
import { updateStore } from '../../src/advisories/update.ts';
import type { AdvisoryStore } from '../../src/model/advisory.ts';
import { advisoriesAt, day, type EstateSize, newAdvisories, quarterStart } from './estate.ts';

async function storeOf(folder: string, name: string, records: () => object[], now: number): Promise<AdvisoryStore> {
  const file = path.join(folder, `${name}.db`);
  if (!existsSync(file)) {
    const work = path.join(folder, `work-${name}`);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(path.join(work, 'feeds'), { recursive: true });
    writeOsvZip(path.join(work, 'feeds'), 'npm', records());
    const base = path.join(work, 'feeds');
    const { store } = await updateStore({ home: path.join(work, 'home'), base, ecosystems: null, now: new Date(now) });
    renameSync(store, file);
    rmSync(work, { recursive: true, force: true });
  }
  return openStore(file);
}

/** A real store, built from the feed as it was at the end of a quarter; kept in `folder`. */
export async function quarterStore(folder: string, quarter: number, size: EstateSize): Promise<AdvisoryStore> {
  const end = quarterStart(quarter + 1);
  return await storeOf(folder, `quarter-${quarter}`, () => advisoriesAt(quarter, size), end);
}

/** The last quarter's store after a day in which so many names got an advisory more. */
export async function nextStore(folder: string, count: number, size: EstateSize): Promise<AdvisoryStore> {
  const last = size.quarters - 1;
  const records = () => [...advisoriesAt(last, size), ...newAdvisories(count, size)];
  return await storeOf(folder, `next-${count}`, records, quarterStart(size.quarters) + day);
}
