import { clip, type ProblemCode } from '../../model/problem.ts';
import type { Limits } from '../limits.ts';
import { parsePax } from './pax.ts';
import type { RawHeader } from './tar-header.ts';

/** A member of a tar archive. Hard and symbolic links keep their target as it is written. */
export interface TarEntry {
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Normal form: no leading slash, no `.` and no empty parts; empty for the root itself. */
  readonly path: string;
  /** Bytes of content that follow the header. */
  readonly sizeBytes: number;
  readonly mode: number;
  readonly link: string;
  /** The content is stored with its holes left out, so that it is not the file's bytes. */
  readonly sparse: boolean;
}

/** Takes a problem of the archive that is being read. */
export type Report = (code: ProblemCode, place: string, message: string) => void;

/** What is done with the content behind a header: it belongs to the next header, or it is passed over, or it is an entry's. */
export type HeaderMeaning = 'meta' | 'skip' | 'stop' | TarEntry;

const metaTypes = 'xgXLK';
const noContent = '123456';

/** Joins headers, pax extended headers and GNU long names into entries. Fed by a reader that knows where headers stand. */
export class TarEntries {
  readonly #limits: Limits;
  readonly #report: Report;
  #metaType = '';
  #pax: ReadonlyMap<string, string> | null = null;
  #longName: string | null = null;
  #longLink: string | null = null;
  #spoilt = false;

  constructor(limits: Limits, report: Report) {
    this.#limits = limits;
    this.#report = report;
  }

  /** Bytes of content that follow the header that was given last; holds for every meaning. */
  contentBytes = 0;

  header(raw: RawHeader): HeaderMeaning {
    this.contentBytes = raw.sizeBytes;
    if (raw.sizeBytes < 0) {
      this.#report('malformed', raw.name, 'A header with an impossible size; the rest of the archive was not read.');
      return 'stop';
    }
    if (metaTypes.includes(raw.type)) return this.#metaHeader(raw);
    return this.#entry(raw);
  }

  #metaHeader(raw: RawHeader): HeaderMeaning {
    this.#metaType = raw.type;
    if (raw.sizeBytes <= this.#limits.paxBytes) return 'meta';
    // Without it the next entry would go by a wrong name, so it is left out as well.
    this.#report(
      'limit-exceeded',
      raw.name,
      `An extended header of ${raw.sizeBytes} bytes; the entry behind it was not read.`,
    );
    this.#spoilt = true;
    return 'skip';
  }

  /** The content of a header that was answered with `meta`. */
  meta(bytes: Buffer): void {
    if (this.#metaType === 'L') this.#longName = zeroEnded(bytes);
    else if (this.#metaType === 'K') this.#longLink = zeroEnded(bytes);
    else if (this.#metaType === 'g') this.#global(bytes);
    else {
      this.#pax = parsePax(bytes);
      if (this.#pax !== null) return;
      this.#report(
        'malformed',
        'extended header',
        'A pax header that cannot be read; the entry behind it was not read.',
      );
      this.#spoilt = true;
    }
  }

  /** Global headers are read for what would change names and sizes: container runtimes ignore them, other readers do not. */
  #global(bytes: Buffer): void {
    const records = parsePax(bytes);
    if (records !== null && !['path', 'linkpath', 'size', 'GNU.sparse.name'].some((key) => records.has(key))) return;
    this.#report(
      'unsupported',
      'global header',
      'A pax header for all entries that sets names or sizes, or is malformed, was ignored.',
    );
  }

  #entry(raw: RawHeader): HeaderMeaning {
    const pax = this.#pax;
    const longName = this.#longName;
    const longLink = this.#longLink;
    const spoilt = this.#spoilt;
    this.#pax = null;
    this.#longName = null;
    this.#longLink = null;
    this.#spoilt = false;

    let sizeBytes = raw.sizeBytes;
    const paxSize = pax?.get('size');
    if (paxSize !== undefined) {
      sizeBytes = paxSize.length < 17 && /^[0-9]+$/.test(paxSize) ? Number(paxSize) : -1;
      if (sizeBytes < 0) {
        this.#report(
          'malformed',
          raw.name,
          'A pax header with an impossible size; the rest of the archive was not read.',
        );
        return 'stop';
      }
    }
    const written = pax?.get('GNU.sparse.name') ?? pax?.get('path') ?? longName ?? raw.name;
    const kind = kindOf(raw.type, written);
    if (noContent.includes(raw.type)) sizeBytes = 0;
    this.contentBytes = sizeBytes;
    if (raw.type === 'M') {
      this.#report('unsupported', clip(written), 'A part of an archive of several volumes was not read.');
      return 'skip';
    }
    if (spoilt || raw.type === 'V' || raw.type === 'N') return 'skip';
    const path = this.#safe(written);
    if (path === null) return 'skip';
    const sparse =
      raw.type === 'S' ||
      (pax !== null && (pax.has('GNU.sparse.major') || pax.has('GNU.sparse.map') || pax.has('GNU.sparse.size')));
    const link = pax?.get('linkpath') ?? longLink ?? raw.linkName;
    if (link.length > this.#limits.pathBytes) {
      this.#report('limit-exceeded', path, `A link to a path of ${link.length} characters; the entry was not read.`);
      return 'skip';
    }
    return { kind, path, sizeBytes, mode: raw.mode, link, sparse };
  }

  #safe(written: string): string | null {
    if (written.length > this.#limits.pathBytes) {
      this.#report(
        'limit-exceeded',
        clip(written, 60),
        `A path of ${written.length} characters; the entry was not read.`,
      );
      return null;
    }
    const path = normalPath(written);
    if (path === null)
      this.#report('unsafe-path', clip(written), 'A path that leaves its root or holds a NUL; the entry was not read.');
    return path;
  }
}

function kindOf(type: string, path: string): TarEntry['kind'] {
  if (type === '5' || type === 'D') return 'directory';
  if (type === '2') return 'symlink';
  if (type === '1') return 'hardlink';
  if (type === '3' || type === '4' || type === '6') return 'other';
  // Before ustar a folder was a file whose name ends in a slash. Unknown types are files (POSIX).
  return path.endsWith('/') ? 'directory' : 'file';
}

/** The path without leading slash, `.` and empty parts; null where it has a `..` part or a NUL. */
export function normalPath(written: string): string | null {
  let path = written;
  while (path.startsWith('/') || path.startsWith('./')) path = path.slice(path.startsWith('/') ? 1 : 2);
  if (path.endsWith('/')) path = path.slice(0, -1);
  // Nearly every path is in order at this point.
  if (path !== '.' && !path.includes('//') && !path.includes('/.') && !path.startsWith('..') && !path.includes('\0'))
    return path;
  if (path.includes('\0')) return null;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? null : parts.join('/');
}

function zeroEnded(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
