/** One entry of a tar archive that a test makes by hand, so that it can be wrong in exactly one place. */
export interface TarPiece {
  readonly path: string;
  /** Type flag; `0`, a file, when left out. */
  readonly type?: string;
  readonly content?: string | Uint8Array;
  readonly link?: string;
  readonly mode?: number;
  /** Changes the finished header, before its sum is computed. */
  readonly spoil?: (header: Buffer) => void;
  /** Changes the finished header behind the sum. */
  readonly break?: (header: Buffer) => void;
}

/** A ustar archive of these entries with the two closing blocks. */
export function tarBytes(pieces: readonly TarPiece[], closed = true): Buffer {
  return Buffer.concat([...pieces.flatMap(pieceBytes), closed ? Buffer.alloc(1024) : Buffer.alloc(0)]);
}

function pieceBytes(piece: TarPiece): Buffer[] {
  const content = Buffer.from(piece.content ?? '');
  const header = Buffer.alloc(512);
  header.write(piece.path, 0, 100, 'utf8');
  header.write((piece.mode ?? 0o644).toString(8).padStart(7, '0'), 100);
  header.write('0000000\0'.repeat(2), 108);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write('00000000000', 136);
  header.write(piece.type ?? '0', 156);
  header.write(piece.link ?? '', 157, 100, 'utf8');
  header.write('ustar\0' + '00', 257);
  piece.spoil?.(header);
  header.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  piece.break?.(header);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

/** The content of a pax extended header. */
export function paxBytes(records: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest + String(rest).length;
      length = rest + String(length).length;
      return Buffer.from(`${length} ${key}=${value}\n`);
    }),
  );
}

/** The bytes in chunks of `size`. */
export async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
