import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../model/report.ts';
import { gitlabValidator } from '../testing/documents.ts';
import { everywhere, hostileTexts } from '../testing/hostile-report.ts';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { gitlab } from './index.ts';

const written = (report: Report) =>
  JSON.parse(gitlab.render?.(report, { columns: null, colour: false, withVulnerabilities: false }) ?? '');
const named = (name: string, more: Partial<Report['inventory']['artifact']> = {}): Report => {
  const { inventory } = sampleReport;
  return {
    ...sampleReport,
    inventory: { ...inventory, artifact: { ...inventory.artifact, name, references: [], ...more } },
  };
};
const directory = named('.', { kind: 'directory', digestOf: 'inventory' });

test('reports hold what GitLab demands (schema written by hand from its documentation)', () => {
  const validate = gitlabValidator();
  for (const report of [
    sampleReport,
    emptyReport,
    cannotSayReport,
    directory,
    named(':::'),
    named(''),
    ...hostileTexts.map(everywhere),
  ]) {
    assert.equal(validate(written(report)), null);
  }
  assert.notEqual(validate({ ...written(sampleReport), surplus: 1 }), null);
});

test('an image is named by its tag, by its digest where there is none', () => {
  const image = (report: Report) => written(report).vulnerabilities[0].location.image;
  const { digest } = sampleReport.inventory.artifact;
  assert.equal(image(sampleReport), 'registry.example:5000/shop/web:1.4');
  assert.equal(image(named('localhost:5000/web')), `localhost:5000/web@${digest}`);
  assert.equal(image(named(':::')), `artifact@${digest}`);
});

test('a directory gives dependency scanning, with its files', () => {
  const { scan, dependency_files, vulnerabilities } = written(directory);
  assert.equal(scan.type, 'dependency_scanning');
  assert.deepEqual(
    dependency_files.map((f: { path: string; package_manager: string; dependencies: unknown[] }) => [
      f.path,
      f.package_manager,
      f.dependencies.length,
    ]),
    [
      ['srv/app/node_modules/@evil/a|b`c`\u001b[2J\r\n<b>.json', 'npm', 1],
      ['srv/app/node_modules/lodash/package.json', 'npm', 1],
      ['usr/local/bin/server', 'golang', 1],
      ['var/lib/dpkg/status', 'deb', 2],
    ],
  );
  assert.equal(vulnerabilities.length, sampleReport.findings.length);
});

test('ids are unique, and the status says when nothing can be said', () => {
  const ids = written(sampleReport).vulnerabilities.map((v: { id: string }) => v.id);
  assert.equal(new Set(ids).size, ids.length);
  const states = [sampleReport, emptyReport, cannotSayReport].map((r) => [
    written(r).scan.status,
    written(r).scan.messages.length,
  ]);
  assert.deepEqual(states, [
    ['success', 4],
    ['success', 1],
    ['failure', 3],
  ]);
});
