import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type {
  Advisory,
  AdvisoryStore,
  Epss,
  Exploitation,
  SnapshotInfo,
  VulnerabilityFacts,
} from '../../model/advisory.ts';
import { messageOf } from '../../model/errors.ts';
import { cveKey, nvdYear } from '../cve-key.ts';
import { baseEcosystem, lookupName } from '../names.ts';
import { holdsRelease, unpackAdvisory, unpackSeverity } from './encoding.ts';
import { lineOf, parseLine, unpackBlock } from './format.ts';
import { openFile, readSnapshot, unreadable } from './open-file.ts';

const billion = 1_000_000_000;
const mostBlocksKept = 32;

/** The last few blocks, unpacked: inventories are asked for in the order of names, so neighbours come together. */
class Blocks {
  readonly #kept = new Map<string, Buffer>();

  get(id: string, load: () => Uint8Array): Buffer {
    const known = this.#kept.get(id);
    if (known !== undefined) return known;
    const oldest = this.#kept.keys().next();
    if (this.#kept.size >= mostBlocksKept && oldest.done === false) this.#kept.delete(oldest.value);
    const block = unpackBlock(load());
    this.#kept.set(id, block);
    return block;
  }
}

/** A block with the names that it can hold: from `first` to before `next`. */
interface Stretch {
  readonly feed: string;
  readonly first: string;
  /** Null: to the end. */
  readonly next: string | null;
  readonly block: Buffer;
}

/** Whether the order of a text's UTF-16 units is that of its UTF-8 bytes, by which blocks are sorted. */
function sortsAlike(text: string): boolean {
  return !/[\ud800-\uffff]/.test(text);
}

/** Of the packed text: neither compression nor the cut between blocks has a part in it. */
function fingerprintOf(packed: Uint8Array | string): string {
  return hash('sha256', packed, 'base64url').slice(0, 22);
}

class FileStore implements AdvisoryStore {
  readonly snapshot: SnapshotInfo;
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #feeds: ReadonlySet<string>;
  readonly #blocks = new Blocks();
  /** The block of the last name: whoever asks in order mostly finds the next one there. */
  #last: Stretch | null = null;
  #exploited: ReadonlySet<number> | null = null;
  readonly #statements;

  constructor(file: string, db: DatabaseSync) {
    this.#file = file;
    this.#db = db;
    this.snapshot = readSnapshot(db);
    this.#feeds = new Set(this.snapshot.feeds.map((f) => f.id));
    this.#statements = {
      block:
        db.prepare(`SELECT b.rowid, b.first, b.data, (SELECT n.first FROM block n WHERE n.feed = b.feed AND n.first > b.first
        ORDER BY n.first LIMIT 1) AS next FROM block b WHERE b.feed = ? AND b.first <= ? ORDER BY b.first DESC LIMIT 1`),
      nvd: db.prepare('SELECT rowid FROM nvd WHERE year = ? AND first <= ? ORDER BY first DESC LIMIT 1'),
      nvdData: db.prepare('SELECT data FROM nvd WHERE rowid = ?'),
      epss: db.prepare('SELECT probability, percentile FROM epss WHERE cve = ?'),
      release: db.prepare('SELECT 1 FROM release WHERE feed = ? AND suffix = ?'),
      exploited: db.prepare(
        'SELECT feed, since, due, ransomware, summary FROM exploited WHERE cve = ? ORDER BY feed DESC',
      ),
    };
  }

  covers(ecosystem: string): boolean {
    const base = baseEcosystem(ecosystem);
    if (!this.#feeds.has(`osv/${base}`)) return false;
    // A feed that has never heard of a release says nothing about it.
    const suffix = ecosystem.slice(base.length);
    return suffix === '' || this.#guard(() => this.#statements.release.get(`osv/${base}`, suffix) !== undefined);
  }

  byName(ecosystem: string, name: string): readonly Advisory[] {
    return this.#guard(() => {
      const base = baseEcosystem(ecosystem);
      const line = this.#line(base, name);
      if (line === null) return [];
      const release = ecosystem.slice(base.length);
      const [, ...advisories] = parseLine(line) as readonly (readonly unknown[])[];
      return advisories.flatMap((packed) => unpackAdvisory(packed, release) ?? []);
    });
  }

  fingerprint(ecosystem: string, name: string): string | null {
    return this.#guard(() => {
      const base = baseEcosystem(ecosystem);
      const line = this.#line(base, name);
      return line === null || !holdsRelease(line, ecosystem.slice(base.length)) ? null : fingerprintOf(line);
    });
  }

  facts(id: string): VulnerabilityFacts | null {
    const key = cveKey(id);
    if (key === null) return null;
    return this.#guard(() => {
      const nvd = this.#nvd(key);
      const epss = this.#epss(key);
      const listed = this.#listed(key);
      if (nvd === null && epss === null && listed.length === 0) return null;
      const [, severity = [], published = null, summary = ''] = nvd === null ? [] : parseLine(nvd);
      return {
        id,
        severity: unpackSeverity(severity),
        published: published as string | null,
        summary: String(summary) || String(listed.find((e) => e['summary'] !== '')?.['summary'] ?? ''),
        epss,
        exploitation: listed.map(
          (e): Exploitation => ({
            source: e['feed'] === 'kev' ? 'CISA KEV' : 'EU KEV',
            since: String(e['since']),
            due: e['due'] === null ? null : String(e['due']),
            ransomware: e['ransomware'] === 1,
          }),
        ),
      };
    });
  }

  epssOf(ids: Iterable<string>): ReadonlyMap<string, Epss> {
    const found = new Map<string, Epss>();
    this.#guard(() => {
      for (const id of ids) {
        const key = cveKey(id);
        const epss = key === null ? null : this.#epss(key);
        if (epss !== null) found.set(id, epss);
      }
    });
    return found;
  }

  factsFingerprint(id: string): string | null {
    const key = cveKey(id);
    if (key === null) return null;
    return this.#guard(() => {
      const nvd = this.#nvd(key);
      const listed = this.#listed(key);
      if (nvd === null && listed.length === 0) return null;
      const rows = listed.map((e) => [e['feed'], e['since'], e['due'], e['ransomware'], e['summary']]);
      return fingerprintOf(`${nvd ?? ''}\n${JSON.stringify(rows)}`);
    });
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #line(base: string, name: string): Buffer | null {
    const key = lookupName(base, name);
    const block = this.#block(`osv/${base}`, key);
    return block === null ? null : lineOf(block, key);
  }

  #block(feed: string, key: string): Buffer | null {
    const last = this.#last;
    const within = last !== null && last.feed === feed && key >= last.first && (last.next === null || key < last.next);
    if (within && sortsAlike(key)) return last.block;
    const row = this.#statements.block.get(feed, key);
    if (row === undefined) return null;
    const { rowid, first, next, data } = row as { rowid: number; first: string; next: string | null; data: Uint8Array };
    const block = this.#blocks.get(`b${rowid}`, () => data);
    this.#last = sortsAlike(first) && sortsAlike(next ?? '') ? { feed, first, next, block } : null;
    return block;
  }

  #epss(key: number): Epss | null {
    const score = this.#statements.epss.get(key);
    if (score === undefined) return null;
    return {
      probability: Number(score['probability']) / billion,
      percentile: Number(score['percentile']) / billion,
    };
  }

  /** What the catalogues of exploited vulnerabilities say: nothing of nearly all, so that the few are kept. */
  #listed(key: number) {
    if (this.#exploited === null) {
      const all = this.#db.prepare('SELECT DISTINCT cve FROM exploited').all();
      this.#exploited = new Set(all.map((row) => Number(row['cve'])));
    }
    return this.#exploited.has(key) ? this.#statements.exploited.all(key) : [];
  }

  #nvd(key: number): Buffer | null {
    if (!this.#feeds.has('nvd')) return null;
    const row = this.#statements.nvd.get(nvdYear(key), key)?.['rowid'];
    if (typeof row !== 'number') return null;
    return lineOf(
      this.#blocks.get(`n${row}`, () => this.#statements.nvdData.get(row)?.['data'] as Uint8Array),
      key,
    );
  }

  /** Whatever goes wrong while rows are read means that the file is not what was written. */
  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw unreadable(this.#file, `is damaged: ${messageOf(thrown)}`, thrown);
    }
  }
}

/**
 * Opens an advisory store for reading. Rows are read when they are asked for. Throws `store-unreadable` where the file is
 * missing, foreign, cut short or of another format; a damaged row is noticed when it is asked for, or by `verifyStore`.
 */
export function openStore(file: string): AdvisoryStore {
  const db = openFile(file);
  try {
    return new FileStore(file, db);
  } catch (thrown) {
    db.close();
    throw unreadable(file, `cannot be read: ${messageOf(thrown)}`, thrown);
  }
}
