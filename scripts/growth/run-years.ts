// One image through the years: recorded and deployed at the first date, watched at each, and what Prometheus is told then.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';

const script = join(import.meta.dirname, '../kvitto-at.ts');
const longestMs = 300_000;

/** The feeds as they stand from a moment on. */
export interface Step {
  /** RFC 3339. */
  readonly at: string;
  /** Writes or finds the folder. */
  readonly feeds: () => string;
}

export interface Years {
  /** `KVITTO_HOME`, empty. */
  readonly home: string;
  /** What to record, as the command line takes it. */
  readonly target: string;
  readonly service: string;
  readonly environment: string;
  readonly ecosystems: readonly string[];
  readonly steps: readonly Step[];
  readonly onScrape?: (scrape: Scrape) => void;
}

/** What `/metrics` answered at a moment. */
export interface Scrape {
  readonly at: string;
  readonly text: string;
}

function environmentOf(home: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, KVITTO_HOME: home, NO_COLOR: '1' };
  for (const name of ['SOURCE_DATE_EPOCH', 'DATABASE_URL', 'KVITTO_ROLE', 'CI', 'GITHUB_ACTIONS', 'GITLAB_CI'])
    delete env[name];
  return env;
}

/** Ends a child with this process, whatever ends that. Answers what takes this back. */
export function endWithThis(child: ChildProcess): () => void {
  const kill = () => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  return () => process.removeListener('exit', kill);
}

/** Runs a command line of Kvitto at a moment to its end, in a process of its own. Throws where it ends otherwise than it may. */
async function kvittoAt(home: string, at: string, words: readonly string[], may = [0]): Promise<void> {
  const options = { cwd: home, env: environmentOf(home), timeout: longestMs };
  const child = spawn(process.execPath, [script, at, ...words], options);
  const over = endWithThis(child);
  let [said, told] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-4_000);
  });
  const [status] = await once(child, 'close');
  over();
  if (!may.includes(status))
    throw new Error(`at ${at}: kvitto ${words.join(' ')} ended with ${status}\n${said}${told}`);
}

/** What a watch answers on `/metrics`, once it has counted all findings anew. */
async function scrape(home: string, at: string): Promise<string> {
  const port = await closedPort();
  const words = ['watch', '--relay-only', '--listen', `127.0.0.1:${port}`, '--by', 'watch', '--quiet'];
  const child = spawn(process.execPath, [script, at, ...words], {
    cwd: home,
    env: environmentOf(home),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: longestMs,
  });
  const ended = once(child, 'close').then(endWithThis(child));
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-4_000);
  });
  try {
    for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
      const text = answer?.ok === true ? await answer.text() : '';
      if (/^kvitto_findings_pending 0$/m.test(text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`at ${at}: the watch does not tell its metrics\n${told}`);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/**
 * Records and deploys at the first step, and watches at each: what Prometheus would have read. Every command is the real one, in a process of its own
 * whose clock is the step's.
 */
export async function runYears(years: Years): Promise<Scrape[]> {
  const { home, target, service, environment, ecosystems } = years;
  const scrapes: Scrape[] = [];
  for (const { at, feeds } of years.steps) {
    const folder = feeds();
    if (scrapes.length === 0) {
      // 4: a feed is not there yet. Which ones is the caller's to look at, in what is scraped.
      const update = ['db', 'update', '--feeds', folder, '--ecosystems', ecosystems.join(','), '-q'];
      await kvittoAt(home, at, update, [0, 4]);
      const report = join(home, 'report.json');
      const gate = ['gate', target, '--record', '--offline', '--by', 'pipeline', '-q', '-f', 'json', '-o', report];
      await kvittoAt(home, at, gate, [0, 1, 3]);
      const { artifact } = JSON.parse(readFileSync(report, 'utf8'));
      const deploy = ['deploy', service, '--env', environment, '--image', artifact.digest, '--by', 'pipeline'];
      await kvittoAt(home, at, deploy, [0, 1, 3]);
    }
    await kvittoAt(home, at, ['watch', '--once', '--feeds', folder, '--by', 'watch', '--quiet'], [0, 3]);
    const scraped = { at, text: await scrape(home, at) };
    scrapes.push(scraped);
    years.onScrape?.(scraped);
  }
  return scrapes;
}
