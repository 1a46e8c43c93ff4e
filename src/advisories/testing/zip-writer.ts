import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** Writes zip files (deflate, zip64 directory where there are many entries) for tests and benchmarks. */
export class ZipWriter {
  readonly #handle: number;
  readonly #directory: Buffer[] = [];
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #offset = 0;

  constructor(file: string) {
    this.#handle = openSync(file, 'w');
  }

  /** `crc`: another checksum than the true one, for tests of damage. */
  add(name: string, content: string | Uint8Array, crc?: number): void {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes, { level: 6 });
    const nameBytes = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(nameBytes.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(this.#offset, 10);
    this.#directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, tail, nameBytes);
    this.#write(Buffer.from('PK\x03\x04', 'latin1'), fields, nameBytes, packed);
  }

  close(): void {
    const start = this.#offset;
    const count = this.#directory.length / 4;
    this.#write(Buffer.concat(this.#directory));
    const size = this.#offset - start;
    const many = count > 0xfffe;
    if (many) {
      const end64 = this.#offset;
      const record = Buffer.alloc(56);
      record.write('PK\x06\x06', 'latin1');
      record.writeBigUInt64LE(44n, 4);
      record.writeUInt16LE(45, 12);
      record.writeUInt16LE(45, 14);
      record.writeBigUInt64LE(BigInt(count), 24);
      record.writeBigUInt64LE(BigInt(count), 32);
      record.writeBigUInt64LE(BigInt(size), 40);
      record.writeBigUInt64LE(BigInt(start), 48);
      const locator = Buffer.alloc(20);
      locator.write('PK\x06\x07', 'latin1');
      locator.writeBigUInt64LE(BigInt(end64), 8);
      locator.writeUInt32LE(1, 16);
      this.#write(record, locator);
    }
    const end = Buffer.alloc(22);
    end.write('PK\x05\x06', 'latin1');
    end.writeUInt16LE(many ? 0xffff : count, 8);
    end.writeUInt16LE(many ? 0xffff : count, 10);
    end.writeUInt32LE(size, 12);
    end.writeUInt32LE(start, 16);
    this.#write(end);
    this.#flush();
    closeSync(this.#handle);
  }

  #write(...buffers: readonly Buffer[]): void {
    for (const buffer of buffers) {
      this.#pending.push(buffer);
      this.#pendingBytes += buffer.length;
      this.#offset += buffer.length;
    }
    if (this.#pendingBytes > 4 * 1024 * 1024) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#handle, bytes, at);
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
