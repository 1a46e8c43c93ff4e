import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePurl } from '../model/purl.ts';
import { componentSubjects, coversSubject, Purls, quickPurl, strongest, subjectOf } from './decision-scope.ts';

const all = { service: null, environment: null, component: null, artifact: null };
const subject = { service: 'shop', environment: 'prod', artifact: 'sha256:aa', component: 'pkg:npm/a@1' };

test('a decision covers what it names, and no more', () => {
  const purls = new Purls();
  const covers = (scope: object, component = subject.component) =>
    coversSubject({ ...all, ...scope }, { ...subject, component }, purls);
  const openssl = 'pkg:deb/debian/libssl3@3.0.11?arch=amd64&distro=debian-12&upstream=openssl';
  assert.deepEqual(
    [
      covers({}),
      covers({ service: 'shop', environment: 'prod', artifact: 'sha256:aa', component: 'pkg:npm/a' }),
      covers({ service: 'web' }),
      covers({ environment: 'test' }),
      covers({ artifact: 'sha256:bb' }),
      covers({ component: 'pkg:npm/a@2' }),
      covers({ component: 'pkg:npm/aa' }),
      covers({ component: 'pkg:deb/debian/openssl' }, openssl),
      covers({ component: 'pkg:deb/debian/openssl?distro=debian-11' }, openssl),
      covers({ component: 'no purl' }),
    ],
    [true, true, false, false, false, false, false, true, false, false],
  );
});

test('the more specific decision counts, of equals the later', () => {
  const made = (id: number, scope: object) => ({ ...all, ...scope, id, knownFrom: id });
  const everything = made(9, {});
  const service = made(1, { service: 'shop' });
  const later = made(2, { service: 'shop' });
  const both = made(0, { service: 'shop', component: 'pkg:npm/a' });
  assert.equal(strongest([everything, service, later]), later);
  assert.equal(strongest([later, both, everything]), both);
  assert.equal(strongest([]), null);
});

test('a decision is found under one of the subjects of what it covers', () => {
  const purls = new Purls();
  for (const [component, wanted] of [
    ['pkg:npm/%40scope/a@1', 'pkg:npm/%40scope/a'],
    ['pkg:deb/debian/libssl3@3?upstream=openssl%403', 'pkg:deb/debian/openssl'],
    ['pkg:npm/a@1', 'pkg:npm/a@1'],
    ['not a purl', 'not a purl'],
  ] as const) {
    assert.ok(componentSubjects(component, purls).includes(subjectOf({ ...all, component: wanted })), component);
  }
});

test('a purl that is read off is what parsing says', () => {
  const part = fc.stringMatching(/^[a-z0-9./-]{0,12}$/);
  const version = fc.stringMatching(/^[A-Za-z0-9.@-]{0,6}$/);
  const type = fc.constantFrom('npm', 'cargo', 'gem', 'golang', 'maven', 'composer', 'pypi', 'NPM');
  fc.assert(
    fc.property(type, part, version, (t, name, v) => {
      const text = `pkg:${t}/${name}${v === '' ? '' : `@${v}`}`;
      assert.deepEqual(quickPurl(text), parsePurl(text), text);
    }),
    { numRuns: 1_000 },
  );
});
