import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { formatReference, type ImageReference, parseReference } from './reference.ts';

const hex = 'a'.repeat(64);

const good: readonly (readonly [string, string, string, string | null, string | null])[] = [
  ['debian', 'docker.io', 'library/debian', 'latest', null],
  ['debian:12', 'docker.io', 'library/debian', '12', null],
  ['docker.io/debian:12', 'docker.io', 'library/debian', '12', null],
  ['index.docker.io/library/debian', 'docker.io', 'library/debian', 'latest', null],
  ['registry-1.docker.io/acme/web:1', 'docker.io', 'acme/web', '1', null],
  ['acme/web', 'docker.io', 'acme/web', 'latest', null],
  ['localhost/web', 'localhost', 'web', 'latest', null],
  ['localhost:5000/a/b:1', 'localhost:5000', 'a/b', '1', null],
  ['127.0.0.1:5000/a/b', '127.0.0.1:5000', 'a/b', 'latest', null],
  ['[::1]:5000/a:1', '[::1]:5000', 'a', '1', null],
  ['[2001:DB8::1]/a', '[2001:db8::1]', 'a', 'latest', null],
  ['Registry.Example/web:1', 'registry.example', 'web', '1', null],
  ['quay.io/a__b/c---d.e_f:v1.0-rc.1', 'quay.io', 'a__b/c---d.e_f', 'v1.0-rc.1', null],
  [`debian@sha256:${hex}`, 'docker.io', 'library/debian', null, `sha256:${hex}`],
  [`docker.io/library/x:tag@sha256:${hex}`, 'docker.io', 'library/x', 'tag', `sha256:${hex}`],
  [`localhost:5000/x@sha256:${hex}`, 'localhost:5000', 'x', null, `sha256:${hex}`],
];

for (const [text, host, repository, tag, digest] of good) {
  test(`reads ${text}`, () => {
    assert.deepEqual(parseReference(text), { host, repository, tag, digest });
  });
}

const bad: readonly (readonly [string, string])[] = [
  ['', 'it is empty'],
  ['https://quay.io/a', 'it is a URL'],
  ['debian:', 'its tag is empty'],
  ['debian:-x', '"-x" is no tag (at most 128 of A-Z, a-z, 0-9, _ . -, not starting with . or -)'],
  ['Debian', '"Debian" holds capital letters'],
  ['Acme/web', '"Acme" holds capital letters'],
  ['a//b', 'a part of its repository is empty'],
  ['quay.io/', 'a part of its repository is empty'],
  ['/etc/passwd', 'a part of its repository is empty'],
  ['./image.tar', '"." is no host name'],
  ['../image.tar', '".." is no host name'],
  ['a_-b', '"a_-b" is no part of a repository name (a-z, 0-9, and between them . _ __ -)'],
  ['quay.io:0/a', '"0" is no port'],
  ['quay.io:99999/a', '"99999" is no port'],
  ['quay.io:x/a', '"x" is no port'],
  ['[::g]/a', '"[::g]" is no host name'],
  ['[fe80::1%eth0]/a', '"[fe80::1%eth0]" is no host name'],
  ['-a.io/b', '"-a.io" is no host name'],
  ['user@host/a', '"host/a" is no digest (sha256: and 64 of 0-9, a-f)'],
  ['debian@sha256:abc', '"sha256:abc" is no digest (sha256: and 64 of 0-9, a-f)'],
  [`debian@sha256:${hex.toUpperCase()}`, `"sha256:${hex.toUpperCase()}" is no digest (sha256: and 64 of 0-9, a-f)`],
  [`debian@sha512:${hex}${hex}`, 'digests other than sha256 are not supported'],
  [`quay.io/${'a'.repeat(250)}`, 'host and repository have more than 255 characters'],
  ['a'.repeat(2000), 'it is longer than 1024 characters'],
];

for (const [text, why] of bad) {
  test(`refuses ${text.slice(0, 60) || 'nothing'}`, () => {
    assert.throws(
      () => parseReference(text),
      (error) => {
        assert.ok(error instanceof CodedError);
        assert.equal(error.code, 'usage');
        assert.equal(error.message.slice(error.message.lastIndexOf('names no image: ') + 16), `${why}.`);
        return true;
      },
    );
  });
}

const chars = (set: string, min: number, max: number) =>
  fc.array(fc.constantFrom(...set), { minLength: min, maxLength: max }).map((list) => list.join(''));
const lower = 'abcdefghijklmnopqrstuvwxyz0123456789';
const part = fc
  .tuple(
    chars(lower, 1, 6),
    fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), chars(lower, 1, 4)), { maxLength: 3 }),
  )
  .map(([head, rest]) => head + rest.map(([separator, word]) => separator + word).join(''));
const host = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('localhost', '[::1]', '10.0.0.1'),
      chars(lower, 1, 8).map((word) => `${word}.example`),
    ),
    fc.option(fc.integer({ min: 1, max: 65_535 })),
  )
  .map(([name, port]) => (port === null ? name : `${name}:${port}`));
const reference: fc.Arbitrary<ImageReference> = fc
  .record({
    host,
    repository: fc.array(part, { minLength: 1, maxLength: 4 }).map((list) => list.join('/')),
    tag: fc.option(
      fc.tuple(chars(`${lower}_`, 1, 1), chars(`${lower}_.-AZ`, 0, 20)).map(([head, rest]) => head + rest),
    ),
    digest: fc.option(chars('0123456789abcdef', 64, 64).map((text): Digest => `sha256:${text}`)),
  })
  .map((r) => ({ ...r, tag: r.tag ?? (r.digest === null ? 'latest' : null) }));

test('what is formatted reads back as the same reference', () => {
  fc.assert(fc.property(reference, (r) => assert.deepEqual(parseReference(formatReference(r)), r)));
});

test('any text is a reference or a usage error, and a reference is stable', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), chars('a.:/@[]-_%A0', 0, 30)), (text) => {
      try {
        const r = parseReference(text);
        assert.deepEqual(parseReference(formatReference(r)), r);
      } catch (error) {
        assert.ok(error instanceof CodedError && error.code === 'usage', String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
