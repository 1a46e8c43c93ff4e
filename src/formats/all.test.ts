import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { allFormats, allVexFormats } from './all.ts';
import { assertGolden } from './testing/golden.ts';
import { everywhere } from './testing/hostile-report.ts';
import { cannotSayReport, component, emptyReport, finding, sampleReport, says } from './testing/sample-report.ts';

const plain = { columns: null, colour: false, withVulnerabilities: true };

test('the list is what lies in the folders', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'testing' && entry.name !== 'testdata')
    .map((entry) => entry.name);
  assert.deepEqual([...allFormats, ...allVexFormats].map((f) => f.id).sort(), folders.sort());
  assert.deepEqual(
    allFormats.filter((f) => f.render === undefined),
    [],
  );
});

test('golden files of the formats without a schema of their own', () => {
  const ends: Readonly<Record<string, string>> = {
    markdown: 'md',
    junit: 'junit.xml',
    sarif: 'sarif',
    gitlab: 'gitlab.json',
  };
  for (const [name, report] of Object.entries({
    sample: sampleReport,
    empty: emptyReport,
    'cannot-say': cannotSayReport,
  })) {
    for (const [id, end] of Object.entries(ends)) {
      const text = allFormats.find((f) => f.id === id)?.render?.(report, plain) ?? '';
      assertGolden(new URL(`./${id}/testdata/${name}.${end}`, import.meta.url), text);
    }
  }
});

for (const format of allFormats) {
  test(`${format.id}: the same report gives the same bytes, and no input is changed`, () => {
    const before = structuredClone(sampleReport);
    const first = format.render?.(sampleReport, plain);
    assert.equal(format.render?.(structuredClone(sampleReport), plain), first);
    assert.deepEqual(sampleReport, before);
    assert.ok(first?.endsWith('\n'));
  });

  test(`${format.id}: nothing of the input can steer a terminal`, () => {
    for (const report of [
      sampleReport,
      emptyReport,
      cannotSayReport,
      everywhere('\u001b]0;x\u0007\u009b31m\u202e\u2028\r\u0000\ud800'),
    ]) {
      const text = format.render?.(report, plain) ?? '';
      assert.deepEqual(text.replaceAll('\n', '').match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u), null);
    }
  });

  test(`${format.id}: a result that is not complete says so`, () => {
    const message = 'a-message-that-must-be-seen';
    const problem = { code: 'unreadable', where: 'some/file', message } as const;
    const inventory = { ...emptyReport.inventory, problems: [problem] };
    const text = format.render?.({ ...emptyReport, inventory, problems: [problem], complete: false }, plain) ?? '';
    assert.ok(text.includes(message));
    assert.ok(text.includes('some/file'));
  });

  test(`${format.id}: 20,000 findings`, () => {
    const text = format.render?.(large(20_000), plain) ?? '';
    assert.ok(text.length > 1000);
  });
}

function large(many: number): Report {
  const components = Array.from({ length: many / 4 }, (_, i) => component(`pkg:npm/c${i}@1.0.0`, `c${i}`, '1.0.0'));
  const findings = components.flatMap((c, i) =>
    Array.from({ length: 4 }, (_, n) =>
      finding(`CVE-2025-${i * 4 + n}`, c, says('NVD', 'high', 7.5), { fixedIn: `1.0.${n}` }),
    ),
  );
  const matched = findings.map((f) => ({ id: f.id, component: f.component }));
  return {
    ...emptyReport,
    inventory: { ...emptyReport.inventory, components },
    findings,
    verdict: {
      ...emptyReport.verdict,
      kind: 'fail',
      rules: [{ rule: 'high', says: 'severity at least high', outcome: 'fail', matched, remedy: null }],
    },
  };
}
