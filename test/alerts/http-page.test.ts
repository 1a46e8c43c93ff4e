// docs/sinks/http.md says what the sinks take: no setting more, none less, and its examples are taken.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { endpoint } from '../../src/alerts/http/endpoint.ts';
import { alertmanager } from '../../src/alerts/sinks/alertmanager/index.ts';
import { elasticsearch } from '../../src/alerts/sinks/elasticsearch/index.ts';
import { loki } from '../../src/alerts/sinks/loki/index.ts';
import { otlp } from '../../src/alerts/sinks/otlp/index.ts';
import { webhook } from '../../src/alerts/sinks/webhook/index.ts';
import { root } from '../real/parts.ts';

const sinks = [otlp, elasticsearch, loki, webhook, alertmanager];
const [, ...sections] = readFileSync(join(root, 'docs/sinks/http.md'), 'utf8').split(/^## /m);

/** Names in the first column of the table of settings. */
function tableOf(section: string): string[] {
  const [, rows = ''] = /^\| setting +\| meaning.*\n\|[ |-]+\n((?:\|.*\n)+)/m.exec(section) ?? [];
  return [...rows.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
}

test('it has a section for what all understand, and one for each sink, with its settings', () => {
  const [common = '', ...own] = sections;
  assert.deepEqual(tableOf(common), Object.keys(endpoint));
  const written = own.map((section) => [section.split('\n')[0], tableOf(section)]);
  const real = sinks.map(({ id, settings }) => {
    assert.ok(settings instanceof z.ZodObject);
    return [id, Object.keys(settings.shape).filter((key) => !Object.hasOwn(endpoint, key))];
  });
  assert.deepEqual(written, real);
});

test('each has an example that is taken', () => {
  for (const { id } of sinks) {
    const section = sections.find((one) => one.startsWith(`${id}\n`)) ?? '';
    const [, example = ''] = /^```yaml\n(.*?)^```$/ms.exec(section) ?? [];
    const { sinks: configured } = parseAlertConfig(example, 'http.md', sinks);
    assert.deepEqual(
      configured.map(({ sink }) => sink.id),
      [id],
    );
  }
});
