import { hash } from 'node:crypto';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

const mostFiles = 20_000;
const deepest = 6;

/**
 * What a folder of feeds looks like from outside, as one text: names, sizes, times and inodes of its files, and where it really lies. Null where there is none. Another
 * text means that it is worth reading.
 */
export function folderState(folder: string): string | null {
  const lines: string[] = [];
  try {
    const real = realpathSync(folder);
    lines.push(real);
    list(real, '', 0, lines);
  } catch {
    return null;
  }
  return hash('sha256', lines.join('\n'), 'hex');
}

function list(root: string, below: string, depth: number, lines: string[]): void {
  const entries = readdirSync(path.join(root, below), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (lines.length >= mostFiles) return;
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) {
      if (depth < deepest) list(root, name, depth + 1, lines);
      continue;
    }
    const found = statSync(path.join(root, name), { throwIfNoEntry: false });
    if (found?.isFile() === true) lines.push(`${name} ${found.size} ${found.mtimeMs} ${found.ino}`);
  }
}

/** Notices that a folder changed, and waits until it has stopped changing: a mirror that is being copied is not read half. */
export class FolderChanges {
  readonly #folder: string;
  readonly #look: (folder: string) => string | null;
  /** As it was when it was last told, or first seen. */
  #known: string | null;
  #last: string | null;

  constructor(folder: string, look: (folder: string) => string | null = folderState) {
    this.#folder = folder;
    this.#look = look;
    this.#known = look(folder);
    this.#last = this.#known;
  }

  /** Whether the folder is another since the last time this said so, and the same as at the last call. */
  changed(): boolean {
    const now = this.#look(this.#folder);
    const settled = now === this.#last;
    this.#last = now;
    if (!settled || now === null || now === this.#known) return false;
    this.#known = now;
    return true;
  }
}
