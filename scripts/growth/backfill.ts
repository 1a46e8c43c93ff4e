// What was scraped, handed to a Prometheus as if it had been there.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import { endWithThis, type Scrape } from './run-years.ts';

/**
 * Scrapes in Prometheus' text format as one text of OpenMetrics with times (https://prometheus.io/docs/specs/om/open_metrics_spec/): samples
 * of a family stand together, and a counter's family goes without `_total`.
 */
export function openMetrics(scrapes: readonly Scrape[]): string {
  const families = new Map<string, { head: string[]; samples: string[] }>();
  for (const { at, text } of scrapes) {
    const seconds = Date.parse(at) / 1000;
    let counted = new Map<string, string>();
    let current = { head: [] as string[], samples: [] as string[] };
    for (const line of text.split('\n')) {
      const [, what = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
      if (what === 'HELP') {
        current = families.get(name) ?? { head: [], samples: [] };
        families.set(name, current);
        counted = new Map([['HELP', rest]]);
      } else if (what === 'TYPE') {
        const family = rest === 'counter' ? name.replace(/_total$/, '') : name;
        current.head = [`# TYPE ${family} ${rest}`, `# HELP ${family} ${counted.get('HELP') ?? ''}`];
      } else if (line !== '' && !line.startsWith('#')) {
        current.samples.push(`${line} ${seconds}`);
      }
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

/** A Prometheus of our own on the loopback. */
export interface Prometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Why there can be none here, with the remedy; null: there can. */
export function prometheusMissing(): string | null {
  const absent = ['promtool', 'prometheus'].filter((name) => spawnSync(name, ['--version']).error !== undefined);
  return absent.length === 0 ? null : `${absent.join(' and ')} not installed: apt-get install prometheus`;
}

/** Makes blocks of the scrapes with promtool, and starts a Prometheus on them in a folder, which must be empty. */
export async function startPrometheus(folder: string, scrapes: readonly Scrape[]): Promise<Prometheus> {
  const [data, text, config] = ['data', 'scrapes.txt', 'prometheus.yml'].map((name) => join(folder, name));
  if (data === undefined || text === undefined || config === undefined) throw new Error('no folder');
  mkdirSync(data, { recursive: true });
  writeFileSync(text, openMetrics(scrapes));
  writeFileSync(config, 'scrape_configs: []\n');
  const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', text, data], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (made.status !== 0) throw new Error(`promtool: ${made.stdout}${made.stderr}`);
  const port = await closedPort();
  const words = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const server: ChildProcess = spawn('prometheus', words, { stdio: 'ignore' });
  const ended = once(server, 'close').then(endWithThis(server));
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 400 && server.exitCode === null; tries++) {
    if ((await fetch(`${url}/-/ready`).catch(() => null))?.ok === true) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`prometheus does not answer at ${url}`);
}
