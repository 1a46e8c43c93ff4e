import { openCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { LogError } from './errors.ts';
import { FaultList, type LogFault } from './faults.ts';
import { checkpointPath } from './log.ts';
import { splitNote, type Verifier } from './note.ts';
import type { LogStorage } from './storage/storage.ts';
import { parseTilePath } from './tiles.ts';
import { TreeCheck } from './tree-check.ts';
import { isBeyond } from './unpublished.ts';
import { filesOf } from './walk.ts';

/** What a check of a whole log found. */
export interface LogCheck {
  /** None: every entry and every hash leads to the signed root. */
  readonly faults: readonly LogFault[];
  /** Faults that are not listed, as there are more than 1,000. The check ends there. */
  readonly moreFaults: boolean;
  /** Of the checkpoint; null where it cannot be read. */
  readonly size: number | null;
  readonly root: Uint8Array | null;
  /**
   * Files of tiles beyond the checkpoint, at most 1,000 named: a publish was not finished. They are no evidence of anything,
   * and nothing can be said about what is in them.
   */
  readonly unpublished: readonly string[];
}

/**
 * Reads every file of a log and holds it against the signed root: the checkpoint's signature, every hash of every tile, every
 * entry, every partial tile that is still there, and that there is nothing else. Each fault names its place and says whether
 * it is the entry or the hash that was altered. Needs memory for a few tiles at a time. Throws only what the storage throws
 * when it cannot list a folder.
 *
 * Every change of a byte is found but one kind, which means nothing here: inside a signature line of the checkpoint whose key
 * is not among the verifiers. Give the keys of witnesses too.
 */
export async function checkLog(
  storage: LogStorage,
  { verifiers, origin }: { verifiers: readonly Verifier[]; origin: string },
): Promise<LogCheck> {
  const faults = new FaultList();
  const unpublished: string[] = [];
  const checkpoint = await readCheckpoint(storage, verifiers, origin, faults);
  if (checkpoint !== null) await new TreeCheck(storage, checkpoint, faults).run();
  await checkNames(storage, checkpoint?.size ?? null, faults, unpublished);
  const { size = null, root = null } = checkpoint ?? {};
  return { faults: faults.listed, moreFaults: faults.isFull, size, root, unpublished };
}

/**
 * The state that the checkpoint claims. One whose signature does not hold is a fault, and what it claims is still held against
 * the tiles: that shows whether the checkpoint alone was altered.
 */
async function readCheckpoint(
  storage: LogStorage,
  verifiers: readonly Verifier[],
  origin: string,
  faults: FaultList,
): Promise<{ size: number; root: Uint8Array } | null> {
  const place = checkpointPath;
  try {
    const note = await storage.get(checkpointPath);
    if (note === null) {
      faults.add({ place, kind: 'missing', message: 'there is no checkpoint: nothing says how long the log was' });
      return null;
    }
    try {
      return openCheckpoint(note, verifiers, origin);
    } catch (thrown) {
      if (!(thrown instanceof LogError)) throw thrown;
      faults.add(checkpointFault(thrown));
      return parseCheckpoint(splitNote(note).text);
    }
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    if (!faults.listed.some((fault) => fault.place.startsWith(place))) faults.add(checkpointFault(thrown));
    return null;
  }
}

function checkpointFault({ code, message, place }: LogError): LogFault {
  const line = place?.startsWith('checkpoint line') === true ? place : checkpointPath;
  return { place: line, kind: code === 'signature' ? 'signature' : 'malformed', message };
}

/** Walks through all folders: what is no file of a log is foreign, what is beyond the checkpoint is set aside. */
async function checkNames(
  storage: LogStorage,
  size: number | null,
  faults: FaultList,
  unpublished: string[],
): Promise<void> {
  for await (const path of filesOf(storage)) {
    if (faults.isFull) return;
    if (path === checkpointPath) continue;
    const name = parseTilePath(path);
    if (name === null) {
      faults.add({ place: path, kind: 'foreign', message: `${path} is no file of a log` });
    } else if (size !== null && isBeyond(name, size) && unpublished.length < 1000) {
      unpublished.push(path);
    }
  }
}
