import type { FactKind } from '../ledger/fact.ts';
import { LogError } from '../tlog/errors.ts';
import { leafHash } from '../tlog/hash.ts';
import { checkpointPath, type Log } from '../tlog/log.ts';
import { planPublish } from '../tlog/publish.ts';
import type { LogStorage } from '../tlog/storage/storage.ts';
import { Ground, type ReadDocument } from './derive/ground.ts';
import { type NamedDocument, namedDocuments, type Role } from './layout.ts';
import { type HeldEntry, readEntry } from './shapes/entry.ts';
import type { ZipFiles } from './zip/read-zip.ts';

/** A file of the log in a pack. */
export interface LogFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** All tiles of a log at its present size (c2sp.org/tlog-tiles), below `log/`. */
export async function wholeLogFiles(log: Log): Promise<LogFile[]> {
  const entries: Uint8Array[] = [];
  for await (const entry of log.entries(0, log.size)) entries.push(entry);
  const { files } = planPublish({ size: 0, edge: [], tail: [] }, entries, entries.map(leafHash));
  return files.map(({ path, bytes }) => ({ path: `log/${path}`, bytes: bytes() }));
}

const tellingKinds: ReadonlySet<FactKind> = new Set([
  'rescanned',
  'decisions-made',
  'alerts-raised',
  'conditions-changed',
]);
const tellingRoles: ReadonlySet<Role> = new Set(['knowledge', 'decisions', 'alert', 'conditions']);

/**
 * The documents that tell which entries of a whole log matter: what every pass opened and closed, and what every decision, alert
 * and condition is about. A pack with the whole log holds all of them.
 */
export async function telling(log: Log, read: ReadDocument): Promise<NamedDocument[]> {
  const entries: HeldEntry[] = [];
  let index = 0;
  for await (const bytes of log.entries(0, log.size)) {
    const held = readEntry(bytes, index++);
    if (tellingKinds.has(held.entry.kind)) entries.push(held);
  }
  const named = await namedDocuments(new Ground(entries, read));
  return named.filter(({ role }) => tellingRoles.has(role));
}

/** The files below `log/` of a pack, read as the storage of a log. */
export function zipStorage(zip: ZipFiles): LogStorage {
  const never = async () => {
    throw new LogError('write-failed', 'a pack is not written to');
  };
  return {
    put: never,
    replace: never,
    remove: never,
    get: async (path) => (zip.has(`log/${path}`) ? zip.read(`log/${path}`) : null),
    list: async (folder) => {
      const prefix = `log/${folder}`;
      const names = zip.paths.filter((p) => p.startsWith(prefix)).map((p) => p.slice(prefix.length));
      const direct = new Set(names.map((n) => (n.includes('/') ? `${n.slice(0, n.indexOf('/'))}/` : n)));
      return [...direct]
        .map((n) => `${folder}${n}`)
        .filter((n) => n === checkpointPath || n.startsWith('tile/'))
        .sort();
    },
  };
}
