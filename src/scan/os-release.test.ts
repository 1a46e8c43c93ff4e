import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxOsReleaseBytes, parseOsRelease, recogniseOs } from './os-release.ts';

const debian12 = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
`;

const parse = (text: string) => parseOsRelease(Buffer.from(text));

test('the os-release of real distributions', () => {
  assert.deepEqual(parse(debian12), {
    os: { id: 'debian', versionId: '12', name: 'Debian GNU/Linux 12 (bookworm)', ecosystem: 'Debian:12' },
    problems: [],
  });
  assert.deepEqual(parse(`NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.18.4\nPRETTY_NAME="Alpine Linux v3.18"\n`), {
    os: { id: 'alpine', versionId: '3.18.4', name: 'Alpine Linux v3.18', ecosystem: 'Alpine:v3.18' },
    problems: [],
  });
  assert.deepEqual(
    parse(`PRETTY_NAME="Debian GNU/Linux forky/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=forky\nID=debian\n`),
    {
      os: { id: 'debian', versionId: '', name: 'Debian GNU/Linux forky/sid', ecosystem: null },
      problems: [],
    },
  );
  assert.deepEqual(
    parse(
      `NAME="openEuler"\nVERSION="24.03 (LTS-SP1)"\nID="openEuler"\nVERSION_ID="24.03"\nPRETTY_NAME="openEuler 24.03 (LTS-SP1)"`,
    ),
    {
      os: {
        id: 'openeuler',
        versionId: '24.03',
        name: 'openEuler 24.03 (LTS-SP1)',
        ecosystem: 'openEuler:24.03-LTS-SP1',
      },
      problems: [],
    },
  );
  assert.deepEqual(parse('ID=raspbian\nID_LIKE=debian\nVERSION_ID="12"\n'), {
    os: { id: 'raspbian', versionId: '12', name: 'raspbian 12', ecosystem: null },
    problems: [],
  });
});

test('the quoting rules of os-release(5)', () => {
  const nameOf = (value: string) => parse(`ID=debian\r\nPRETTY_NAME=${value}\r\n`).os?.name;
  assert.equal(nameOf('"a \\"b\\" \\$c \\\\ \\`d\\`"'), 'a "b" $c \\ `d`');
  assert.equal(nameOf("'a \\$b'"), 'a \\$b');
  assert.equal(nameOf('"a \\n b"'), 'a \\n b');
  assert.equal(nameOf('plain'), 'plain');
  assert.equal(nameOf('a\\ b'), 'a b');
  assert.equal(nameOf('"open'), 'debian');
  assert.equal(nameOf('\'x\'"y"'), 'debian');
  assert.equal(parse('# ID=no\n\n  ID=debian  \nnonsense\n=x\n').os?.id, 'debian');
  assert.equal(parse('ID="Debian"\nVERSION_ID=\'11\'').os?.ecosystem, 'Debian:11');
});

test('what does not name a system is a problem', () => {
  const only = (text: string | Uint8Array) => parseOsRelease(Buffer.from(text));
  const where = 'etc/os-release';
  assert.deepEqual(only(''), {
    os: null,
    problems: [{ code: 'os-unknown', where, message: 'os-release names no ID: the distribution is not known' }],
  });
  assert.deepEqual(only('ID="../x"'), {
    os: null,
    problems: [{ code: 'malformed', where, message: 'the ID of os-release is not a name: ../x' }],
  });
  assert.deepEqual(only(Buffer.from([0x49, 0x44, 0x3d, 0xff, 0xfe])), {
    os: null,
    problems: [{ code: 'malformed', where, message: 'the ID of os-release is not a name: \u{fffd}\u{fffd}' }],
  });
  assert.deepEqual(only('ID=debian\nVERSION_ID="1 2"'), {
    os: { id: 'debian', versionId: '', name: 'debian', ecosystem: null },
    problems: [{ code: 'malformed', where, message: 'the VERSION_ID of os-release is not a version: 1 2' }],
  });
  assert.deepEqual(only('ID=debian\nVERSION_ID=11\nVERSION_ID=11\nVERSION_ID=12\nNAME=a\nNAME=b'), {
    os: { id: 'debian', versionId: '12', name: 'debian 12', ecosystem: 'Debian:12' },
    problems: [
      {
        code: 'malformed',
        where: `${where}:4`,
        message: 'VERSION_ID is given twice, as 11 and as 12; the last one counts',
      },
    ],
  });
  assert.deepEqual(only('ID="debian'), {
    os: null,
    problems: [
      { code: 'malformed', where: `${where}:1`, message: 'the quotes of ID are not closed' },
      { code: 'os-unknown', where, message: 'os-release names no ID: the distribution is not known' },
    ],
  });
  assert.deepEqual(only(new Uint8Array(maxOsReleaseBytes + 1)), {
    os: null,
    problems: [{ code: 'limit-exceeded', where, message: 'os-release is larger than 65536 bytes and was not read' }],
  });
});

test('which file counts', () => {
  const system = (files: Record<string, string>) => {
    const found = recogniseOs((path) => (Object.hasOwn(files, path) ? Buffer.from(files[path] ?? '') : null));
    return found.os === null
      ? found.problems.map((p) => `${p.code} ${p.where}`)
      : [found.os.id, found.os.versionId, found.os.ecosystem];
  };
  assert.deepEqual(system({ 'etc/os-release': 'ID=alpine', 'usr/lib/os-release': debian12 }), ['alpine', '', null]);
  assert.deepEqual(system({ 'usr/lib/os-release': debian12, 'etc/debian_version': '11.1\n' }), [
    'debian',
    '12',
    'Debian:12',
  ]);
  assert.deepEqual(system({ 'etc/debian_version': '11.9\n' }), ['debian', '11', 'Debian:11']);
  assert.deepEqual(system({ 'etc/debian_version': 'trixie/sid\n' }), ['debian', '', null]);
  assert.deepEqual(system({ 'etc/alpine-release': '3.18.4\n' }), ['alpine', '3.18.4', 'Alpine:v3.18']);
  assert.deepEqual(system({ 'etc/alpine-release': '\0\n' }), ['os-unknown etc/alpine-release']);
  assert.deepEqual(system({}), []);
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, value) => {
      parseOsRelease(bytes);
      const { os } = parseOsRelease(Buffer.from(`ID=debian\nPRETTY_NAME='${value}'`));
      assert.equal(os?.id === 'debian' || value.includes('\n') || value.includes('\r'), true);
    }),
  );
});
