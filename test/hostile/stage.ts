// A home with the advisories of the demo, a folder for inputs, and runs that must leave nothing behind.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kvitto, root, scratch } from '../real/parts.ts';
import { demoDay, type Ended, listing, run, type Setting } from './runs.ts';

export const storeFiles = ['advisories/lock.db', 'advisories/store.db'];

export interface Stage {
  readonly home: string;
  /** Writes an input and returns its path. */
  put(name: string, content: string | Uint8Array): string;
  /** An empty folder for inputs. */
  folder(name: string): string;
  /** `kvitto scan TARGET -f json --offline …`; the home must look afterwards as it did before. */
  scan(target: string, flags?: readonly string[], setting?: Partial<Setting>): Promise<Ended>;
  /** Any command line, with the same check. */
  run(args: readonly string[], setting?: Partial<Setting>): Promise<Ended>;
}

/** A stage whose scratch folder goes with the process. `advisories` false: a home without a store. */
export function stage(name: string, advisories = true): Stage {
  const folder = scratch(`hostile-${name}`);
  const home = join(folder, 'home');
  const inputs = join(folder, 'inputs');
  const empty = join(folder, 'cwd');
  const temporary = join(folder, 'tmp');
  for (const each of [home, inputs, empty, temporary]) mkdirSync(each);
  if (advisories) {
    const env = { SOURCE_DATE_EPOCH: demoDay };
    const update = kvitto(['db', 'update', '--feeds', join(root, 'demo/feeds')], { home, env });
    assert.equal(update.status, 0, update.stderr);
  }
  const put = (file: string, content: string | Uint8Array): string => {
    const path = join(inputs, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const checked = async (args: readonly string[], setting: Partial<Setting> = {}): Promise<Ended> => {
    const at = setting.home ?? home;
    const before = listing(at);
    const ended = await run(args, { home, cwd: empty, ...setting, env: { TMPDIR: temporary, ...setting.env } });
    assert.deepEqual(listing(at), before, 'something was left in the home');
    assert.deepEqual(listing(temporary), [], 'something was left in the folder for temporary files');
    assert.deepEqual(listing(empty), [], 'something was left in the working folder');
    return ended;
  };
  return {
    home,
    put,
    folder: (file) => {
      const path = join(inputs, file);
      mkdirSync(path, { recursive: true });
      return path;
    },
    run: checked,
    scan: (target, flags = [], setting = {}) => checked(['scan', target, '-f', 'json', '--offline', ...flags], setting),
  };
}
