import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { writeWhole } from './write-whole.ts';

describe('writeWhole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-whole-'));
  after(() => rmSync(folder, { recursive: true }));

  test('replaces a file and leaves nothing beside it', () => {
    const file = join(folder, 'a.json');
    writeWhole(file, 'one');
    writeWhole(file, 'two');
    assert.equal(readFileSync(file, 'utf8'), 'two');
    assert.deepEqual(readdirSync(folder), ['a.json']);
  });

  test('replaces what a symbolic link leads to, not the link', () => {
    symlinkSync('a.json', join(folder, 'b.json'));
    writeWhole(join(folder, 'b.json'), 'three');
    assert.equal(readlinkSync(join(folder, 'b.json')), 'a.json');
    assert.equal(readFileSync(join(folder, 'a.json'), 'utf8'), 'three');
  });

  test('writes to a device as it is, through a link too', () => {
    const link = join(folder, 'null');
    symlinkSync('/dev/null', link);
    writeWhole(link, 'gone');
    writeWhole('/dev/null', 'gone');
    assert.equal(statSync('/dev/null').isCharacterDevice(), true);
    assert.equal(readlinkSync(link), '/dev/null');
  });

  test('says what is wrong and leaves nothing behind', () => {
    const full = join(folder, 'full');
    symlinkSync('/dev/full', full);
    assert.throws(() => writeWhole(full, 'x'), { code: 'disk-full' });
    assert.throws(() => writeWhole(join(folder, 'none/a.json'), 'x'), { code: 'output-unwritable' });
    assert.throws(() => writeWhole(folder, 'x'), { code: 'output-unwritable' });
    assert.throws(() => writeWhole(join(folder, 'n'.repeat(300)), 'x'), { code: 'output-unwritable' });
    assert.deepEqual(readdirSync(folder).sort(), ['a.json', 'b.json', 'full', 'null']);
  });

  test('a file that was there stays as it was when it cannot be replaced', () => {
    const file = join(folder, 'a.json');
    writeFileSync(file, 'old');
    assert.throws(() => writeWhole(`${file}/x`, 'new'), { code: 'output-unwritable' });
    assert.equal(readFileSync(file, 'utf8'), 'old');
  });

  test('a file gets the mode that is asked for, and keeps the one it had', () => {
    const file = join(folder, 'key');
    const mode = () => statSync(file).mode & 0o777;
    writeWhole(file, 'secret', { mode: 0o600 });
    assert.equal(mode(), 0o600);
    writeWhole(file, 'other');
    assert.equal(mode(), 0o600);
    writeWhole(file, 'open', { mode: 0o666 });
    assert.equal(mode(), 0o666);
    chmodSync(file, 0o444);
    writeWhole(file, Buffer.from([0, 255]));
    assert.equal(mode(), 0o444);
    assert.deepEqual(readFileSync(file), Buffer.from([0, 255]));
    rmSync(file);
  });
});
