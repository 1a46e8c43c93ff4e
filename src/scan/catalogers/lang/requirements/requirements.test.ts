import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { requirements } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project/requirements');
const written = {
  'pip-compile': testdata(project, { 'requirements.txt': 'requirements.txt' }),
  'uv pip compile': testdata(project, { 'requirements.txt': 'requirements-uv.txt' }),
};
const read = (text: string | Uint8Array, path = 'requirements.txt', more = {}) =>
  listing(requirements, { [path]: text, ...more });

acceptCataloger(
  requirements,
  Object.entries(written).map(([name, files]) => ({ name, files, atLeast: 7 })),
);

describe('files that tools wrote', () => {
  for (const [tool, files] of Object.entries(written)) {
    it(`${tool}: all are pinned, and the comments tell who asks for what`, () => {
      const found = listing(requirements, files);
      assert.deepEqual(found.problems, []);
      assert.deepEqual(found.lines, [
        'pkg:pypi/markdown-it-py@4.3.0 transitive -> pkg:pypi/mdurl@0.1.2',
        'pkg:pypi/mdurl@0.1.2 transitive',
        'pkg:pypi/pygments@2.21.0 transitive',
        'pkg:pypi/pysocks@1.7.1 transitive',
        'pkg:pypi/rich@13.5.2 direct -> pkg:pypi/markdown-it-py@4.3.0 pkg:pypi/pygments@2.21.0',
        'pkg:pypi/typing-extensions@4.7.1 direct',
        'pkg:pypi/urllib3@2.0.6 direct -> pkg:pypi/pysocks@1.7.1',
      ]);
    });
  }
});

describe('requirements by hand', () => {
  it('reads pins with extras, markers, hashes, comments, continued lines, wheels', () => {
    const found = read(
      [
        '# a comment',
        '--index-url https://pypi.example.org/simple',
        '-c constraints.txt',
        '-e .',
        './local',
        'Django[argon2, bcrypt] == 4.2.1 ; python_version >= "3.8"  # why',
        'zope.interface===5.0  --hash=sha256:00',
        'PyYAML== \\',
        '  6.0.1 \\',
        '  --hash=sha256:11',
        'torch @ https://example.org/torch-2.0.1%2Bcpu-cp311-cp311-linux_x86_64.whl#sha256=22',
        'https://example.org/six-1.16.0-py2.py3-none-any.whl',
        '',
      ].join('\r\n'),
    );
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, [
      'pkg:pypi/django@4.2.1 ?',
      'pkg:pypi/pyyaml@6.0.1 ?',
      'pkg:pypi/six@1.16.0 ?',
      'pkg:pypi/torch@2.0.1+cpu ?',
      'pkg:pypi/zope-interface@5.0 ?',
    ]);
  });
  it('says once how many are not pinned', () => {
    const found = read(
      'a\nb>=1,<2\nc==1.*\nd==1.0\ne @ git+https://example.org/e\n-e git+https://example.org/f#egg=f\n',
    );
    assert.deepEqual(found.lines, ['pkg:pypi/d@1.0 ?']);
    assert.deepEqual(found.problems, [
      {
        code: 'unsupported',
        where: 'requirements.txt',
        message:
          'does not pin the version of 5: a, b, c, e, f; pin them (pip-compile, uv pip compile, pip freeze) or scan the environment they are installed in',
      },
    ]);
  });
  it('says which included files it does not read', () => {
    const text = '-r requirements/base.txt\n-r ../reqs/other.txt\n--requirement=deps.txt\n-c limits.txt\n';
    const more = { 'srv/requirements/base.txt': 'a==1.0\n', 'srv/deps.txt': 'b==1.0\n' };
    const found = read(text, 'srv/requirements.txt', more);
    assert.deepEqual(found.lines, ['pkg:pypi/a@1.0 ?']);
    assert.deepEqual(found.problems, [
      {
        code: 'unsupported',
        where: 'srv/requirements.txt',
        message:
          'includes ../reqs/other.txt, deps.txt, not read: rename to requirements-….txt, or scan the environment',
      },
    ]);
  });
  it('says nothing where what is not pinned is installed', () => {
    const found = read('Foo_bar>=1\nold\ntomli; python_version < "3.11"\n', 'srv/requirements.txt', {
      'usr/lib/python3/site-packages/foo_bar-1.2.dist-info/METADATA': '',
      'usr/lib/python3/site-packages/old-1.0-py3.11.egg-info': '',
    });
    assert.deepEqual(found, { components: [], problems: [], lines: [] });
  });
  it('marks files for development, and does not ask them to be pinned', () => {
    for (const path of ['requirements-dev.txt', 'test_requirements.txt', 'requirements/docs.txt']) {
      const found = read('a==1.0\nb\n', path);
      assert.deepEqual([path, found.lines, found.problems], [path, ['pkg:pypi/a@1.0 ? dev'], []]);
    }
    assert.deepEqual(read('a==1.0', 'requirements/base.txt').lines, ['pkg:pypi/a@1.0 ?']);
  });
  it('leaves alone what is installed or is no such file', () => {
    for (const path of ['site-packages/x/requirements.txt', 'notes.txt', 'myrequirements/a.txt', 'requirements.in']) {
      assert.deepEqual(read('a==1.0', path), { components: [], problems: [], lines: [] });
    }
  });
  it('reads what PowerShell writes (UTF-16), and no other notation', () => {
    assert.deepEqual(read(Buffer.from('\u{feff}a==1.0\r\n', 'utf16le')).lines, ['pkg:pypi/a@1.0 ?']);
    assert.deepEqual(
      read(Buffer.from([0x61, 0xff])).problems.map(({ code }) => code),
      ['malformed'],
    );
  });
  it('takes no page for a path', () => {
    assert.deepEqual(
      ['<html><body>Not found</body></html>', './here', 'wheels/'].map((text) => read(text).problems.length),
      [1, 0, 0],
    );
  });
  it('says which lines are no requirements', () => {
    const found = read('a==1.0\n<<<<<<< HEAD\nb==not-a-version\n!!\nc is good\n');
    assert.deepEqual(found.lines, ['pkg:pypi/a@1.0 ?']);
    assert.deepEqual(found.problems, [
      {
        code: 'malformed',
        where: 'requirements.txt',
        message: '4 lines are no requirements: <<<<<<< HEAD, b==not-a-version, !!, c is good',
      },
    ]);
  });
});
