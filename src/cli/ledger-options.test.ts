import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CodedError } from '../model/errors.ts';
import { databaseUrl, imageRef, ledgerFolder, numberOf } from './ledger-options.ts';

const digest = `sha256:${'0a'.repeat(32)}` as const;
const isUsage = (e: unknown) => e instanceof CodedError && e.code === 'usage' && e.remedy !== undefined;

test('an image is a name with its digest, or the digest alone', () => {
  assert.deepEqual(imageRef(digest), { image: null, digest });
  for (const name of ['shop', 'shop:1.4', 'localhost:5000/shop', 'ghcr.io/acme/shop:1.4-rc.1', '[::1]:5000/shop']) {
    assert.deepEqual(imageRef(`${name}@${digest}`), { image: name, digest });
  }
});

test('a tag, a short digest, a name with a password or odd characters are refused', () => {
  const bad = [
    'shop:1.4',
    '',
    '@',
    `@${digest}`,
    'shop@sha256:0a',
    `shop@${digest.toUpperCase()}`,
    `shop@sha512:${'0a'.repeat(64)}`,
    `kim:word@ghcr.io/shop@${digest}`,
    `shop 1@${digest}`,
    `shop;rm@${digest}`,
    `\u001b[2Jshop@${digest}`,
    `${'a'.repeat(600)}@${digest}`,
  ];
  for (const text of bad) assert.throws(() => imageRef(text), isUsage, text);
});

test('numbers', () => {
  assert.equal(numberOf('0', 'ENTRY'), 0);
  assert.equal(numberOf('123456', 'ENTRY'), 123456);
  for (const text of ['', '-1', '1.5', '1e3', '0x10', ' 1', '9'.repeat(16)]) {
    assert.throws(
      () => numberOf(text, 'ENTRY'),
      (e) => e instanceof CodedError && e.code === 'usage',
    );
  }
});

test('where the ledger lies', () => {
  assert.equal(ledgerFolder({}, '/home/k'), '/home/k/ledger');
  assert.equal(ledgerFolder({ ledger: '/srv/l' }, '/home/k'), '/srv/l');
  assert.throws(
    () => ledgerFolder({ ledger: '' }, '/home/k'),
    (e) => e instanceof CodedError && e.code === 'usage',
  );
  assert.equal(databaseUrl({}), null);
  assert.equal(databaseUrl({ DATABASE_URL: '' }), null);
  assert.equal(databaseUrl({ DATABASE_URL: 'postgres://h/db' }), 'postgres://h/db');
  assert.equal(databaseUrl({ DATABASE_URL: 'postgresql://u@h:5432/db' }), 'postgresql://u@h:5432/db');
  for (const url of ['mysql://h/db', 'h/db', 'sqlite:x'])
    assert.throws(() => databaseUrl({ DATABASE_URL: url }), isUsage);
});

test('the address of the database may lie in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-address-'));
  const file = join(folder, 'database-url');
  try {
    writeFileSync(file, 'postgresql://u:word@h:5432/db\n');
    assert.equal(databaseUrl({ DATABASE_URL_FILE: file }), 'postgresql://u:word@h:5432/db');
    assert.equal(databaseUrl({ DATABASE_URL: '', DATABASE_URL_FILE: file }), 'postgresql://u:word@h:5432/db');
    assert.equal(databaseUrl({ DATABASE_URL: 'postgres://h/db', DATABASE_URL_FILE: file }), 'postgres://h/db');
    assert.equal(databaseUrl({ DATABASE_URL_FILE: '' }), null);
    for (const text of ['', 'mysql://u:word@h/db', `postgresql://${'h'.repeat(70_000)}/db`]) {
      writeFileSync(file, text);
      // The password in it is nobody's to read in a log.
      assert.throws(
        () => databaseUrl({ DATABASE_URL_FILE: file }),
        (e) => isUsage(e) && !String(e).includes('word'),
      );
    }
    for (const path of [join(folder, 'none'), folder])
      assert.throws(() => databaseUrl({ DATABASE_URL_FILE: path }), isUsage);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
