// Projects and binaries with known-vulnerable versions, held against the real feeds; and an image with nothing to find.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nodeProject, ociLayout } from './images.ts';
import { expectedHits, lowerNumbers, recordsOf } from './oracle.ts';
import { feedsFolder, kvitto, run, scratch, skipWithout } from './parts.ts';
import { hitsOf, type JsonReport } from './report.ts';

const feeds = feedsFolder('2026-08-21');
const env = { SOURCE_DATE_EPOCH: String(Date.parse('2026-08-22T00:00:00Z') / 1000) };

describe('projects with known holes', {
  skip: feeds === null ? 'LEFT OUT: no real feeds (KVITTO_FEEDS)' : false,
}, () => {
  const folder = feeds === null ? '' : scratch('projects');
  const home = join(folder, 'home');

  before(() => {
    const update = kvitto(['db', 'update', '--feeds', feeds ?? '', '--ecosystems', 'npm,PyPI,Go'], { home, env });
    assert.equal(update.status, 0, update.stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const scan = (target: string, status = 0): JsonReport => {
    const done = kvitto(['scan', target, '-f', 'json', '--offline'], { home, env });
    assert.equal(done.status, status, done.stderr);
    return JSON.parse(done.stdout);
  };

  /** Every hit of the feed is a finding and the reverse; vulnerability ids are joined, not repeated. */
  const holdAgainstFeed = (report: JsonReport, type: string, ecosystem: string, least: number) => {
    const installed = report.components
      .filter(({ purl }) => purl.startsWith(`pkg:${type}/`))
      .map(({ name, version }) => ({
        component: name.toLowerCase(),
        name: name.toLowerCase(),
        version: version.replace(/^v/, ''),
      }));
    const records = recordsOf(join(feeds ?? '', `osv/${ecosystem}/all.zip`));
    const expected = expectedHits(records, ecosystem, installed, lowerNumbers);
    assert.ok(expected.size >= least, `${expected.size} hits`);
    assert.deepEqual([...hitsOf(report, type)].toSorted(), [...expected].toSorted());
    const seen = report.findings.map(({ component, id }) => `${component} ${id}`);
    assert.equal(new Set(seen).size, seen.length);
    for (const { id, aliases, component } of report.findings) {
      const others = report.findings.filter((other) => other.component === component && other.id !== id);
      assert.ok(!others.some((other) => aliases.includes(other.id)), `${id} is one finding`);
    }
  };

  test('a Node project, from its lockfile alone', { skip: skipWithout(['npm']) }, () => {
    const project = nodeProject(
      folder,
      { lodash: '4.17.20', jquery: '3.4.1', moment: '2.19.2', axios: '0.21.1' },
      true,
    );
    const report = scan(`dir:${project}`);
    assert.equal(report.complete, true, JSON.stringify(report.problems));
    holdAgainstFeed(report, 'npm', 'npm', 5);
  });

  test('a Python project', () => {
    const project = join(folder, 'python-app');
    mkdirSync(project);
    const pins = ['Django==4.2.1', 'Jinja2==2.11.2', 'urllib3==1.26.4', 'requests==2.25.1', 'PyYAML==5.3.1'];
    writeFileSync(join(project, 'requirements.txt'), `${pins.join('\n')}\n`);
    const report = scan(`dir:${project}`);
    assert.equal(report.complete, true, JSON.stringify(report.problems));
    holdAgainstFeed(report, 'pypi', 'PyPI', 15);
  });

  test('a Go binary, stripped', { skip: skipWithout(['go']) }, () => {
    const project = join(folder, 'go-app');
    mkdirSync(project);
    writeFileSync(join(project, 'go.mod'), 'module example.com/shop\n\ngo 1.20\n\nrequire golang.org/x/text v0.3.5\n');
    const main =
      'package main\n\nimport "golang.org/x/text/language"\n\nfunc main() { println(language.Make("sv").String()) }\n';
    writeFileSync(join(project, 'main.go'), main);
    const go = (...args: string[]) => run('go', args, { cwd: project, env: { GOFLAGS: '-mod=mod', CGO_ENABLED: '0' } });
    go('mod', 'tidy');
    mkdirSync(join(project, 'out'));
    go('build', '-ldflags=-s -w', '-o', 'out/shop', '.');
    const report = scan(`dir:${join(project, 'out')}`);
    const listed = go('version', '-m', 'out/shop');
    const version = /go(\d+\.\d+(\.\d+)?)/.exec(listed)?.[1];
    const purls = report.components.map(({ purl }) => purl);
    assert.ok(purls.includes('pkg:golang/golang.org/x/text@v0.3.5'), purls.join(' '));
    assert.ok(purls.includes(`pkg:golang/stdlib@${version}`), purls.join(' '));
    holdAgainstFeed(report, 'golang', 'Go', 1);
  });

  test('an image with nothing to find says so and names what was covered', {
    skip: skipWithout(['umoci', 'tar']),
  }, () => {
    const root = join(folder, 'quiet');
    mkdirSync(join(root, 'srv/node_modules/quiet'), { recursive: true });
    writeFileSync(join(root, 'srv/node_modules/quiet/package.json'), '{"name":"quiet","version":"1.0.0"}');
    run('tar', ['-C', root, '-cf', join(folder, 'quiet.tar'), '.']);
    const layout = ociLayout(folder, 'quiet-image', join(folder, 'quiet.tar'), null);
    const report = scan(`oci:${layout}:app`);
    assert.deepEqual([report.findings, report.problems, report.complete], [[], [], true]);
    assert.deepEqual(
      report.coverage.filter((entry) => entry.components > 0).map((entry) => entry.cataloger),
      ['lang/npm'],
    );
    const table = kvitto(['scan', `oci:${layout}:app`, '--offline'], { home, env });
    assert.equal(table.status, 0);
    assert.match(table.stdout, /nothing|no known/i);
    assert.match(table.stdout, /npm/);
  });

  test('an image in which nothing is recognised is not green', { skip: skipWithout(['umoci', 'tar']) }, () => {
    const root = join(folder, 'blank');
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'hello.txt'), 'hello');
    run('tar', ['-C', root, '-cf', join(folder, 'blank.tar'), '.']);
    const report = scan(`oci:${ociLayout(folder, 'blank-image', join(folder, 'blank.tar'), null)}:app`, 3);
    assert.deepEqual(
      report.problems.map((problem) => problem.code),
      ['nothing-recognised'],
    );
    assert.equal(report.verdict.kind, 'cannot-say');
  });
});
