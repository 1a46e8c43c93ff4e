// Draws docs/growth.svg: `npm run docs:growth`. An image as it was built in autumn 2023 is recorded and deployed on 1 November 2023 and watched
// once a month until the latest state of the feeds; what the watch told Prometheus is drawn. Needs real feeds of two dates (KVITTO_FEEDS, or ../shared/feeds),
// root, Debian's and npm's registries, and the programs that are named where they are missing. About ten minutes.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianRoot, imageTools, ociLayout } from '../test/real/images.ts';
import { feedsFolder, run, scratch, skipWithout } from '../test/real/parts.ts';
import { dayText } from './growth/axes.ts';
import { prometheusMissing, startPrometheus } from './growth/backfill.ts';
import { runYears, type Step } from './growth/run-years.ts';
import { deriveState, NumbersGiven, type RealState, realState } from './growth/state-of-day.ts';

const root = join(import.meta.dirname, '..');
const first = '2023-11-01';
const realDays = ['2025-09-30', '2026-08-21'] as const;
const ecosystems = ['Debian', 'npm'];
const [service, environment] = ['shop', 'prod'];

/** What stands beside the numbers in docs/growth.svg. */
export const captions = {
  title: 'One image, never changed: what became known of it',
  of: `${service} in ${environment}`,
  note: 'Real feeds at the two marks, all else derived from dates of publication.',
};

/** What somebody who began a web shop in autumn 2023 would have taken: each the current version of 31 October of that year. */
const dependencies = {
  angular: '1.8.3',
  axios: '1.5.1',
  bootstrap: '5.3.2',
  dompurify: '3.0.6',
  ejs: '3.1.9',
  express: '4.18.2',
  handlebars: '4.7.8',
  jquery: '3.7.1',
  jsonwebtoken: '9.0.2',
  lodash: '4.17.21',
  moment: '2.29.4',
  next: '13.5.6',
  'pdfjs-dist': '3.11.174',
  protobufjs: '7.2.5',
  quill: '1.3.7',
  react: '18.2.0',
  'react-dom': '18.2.0',
  tinymce: '6.7.1',
  underscore: '1.13.6',
};
const packages = ['ca-certificates', 'curl', 'git', 'gnupg', 'openssh-client', 'openssl', 'wget'];

const noon = (day: string) => `${day}T12:00:00Z`;

/** The first of each month and the real days, in order. The day after a real one is left out. */
function daysOfHistory(): string[] {
  const days: string[] = [...realDays];
  const [last = ''] = realDays.slice(-1);
  for (let month = 0; ; month++) {
    const at = new Date(`${first}T00:00:00Z`);
    at.setUTCMonth(at.getUTCMonth() + month);
    const day = at.toISOString().slice(0, 10);
    if (day > last) break;
    if (day !== '2025-10-01') days.push(day);
  }
  return days.sort();
}

/** The image: Debian 11 from the oldest suite that mirrors still have, and the application with its lockfile. */
function buildImage(folder: string): string {
  const project = join(folder, 'project');
  mkdirSync(project);
  const manifest = { name: 'shop', version: '1.0.0', private: true, dependencies };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  const flags = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...flags], { cwd: project });
  cpSync(project, join(folder, 'srv/app'), { recursive: true });
  const insert = { from: join(folder, 'srv'), to: '/srv' };
  return ociLayout(folder, 'image', debianRoot('bullseye', packages), insert);
}

function stepsOf(states: readonly RealState[], folder: string): Step[] {
  const given = new NumbersGiven(states);
  return daysOfHistory().map((day) => ({
    at: noon(day),
    feeds: () => {
      const real = states.find((state) => state.day === day);
      if (real !== undefined) return real.folder;
      const place = join(folder, 'feeds');
      rmSync(place, { recursive: true, force: true });
      deriveState(states, given, day, place);
      return place;
    },
  }));
}

async function main(): Promise<number> {
  const folders = realDays.map((day) => ({ day, folder: feedsFolder(day) }));
  const without = folders.some(({ folder }) => folder === null)
    ? `real feeds of ${realDays.join(' and ')} are not here: say where with KVITTO_FEEDS`
    : skipWithout([...imageTools, 'npm'], true) || prometheusMissing();
  if (without) {
    process.stderr.write(`docs/growth.svg is NOT drawn anew: ${without}\n`);
    return 1;
  }
  const work = scratch('growth');
  try {
    const states = folders.map(({ day, folder }) => realState(folder ?? '', day, ecosystems));
    const home = join(work, 'home');
    mkdirSync(home);
    const scrapes = await runYears({
      home,
      target: `oci:${buildImage(work)}:app`,
      service,
      environment,
      ecosystems,
      steps: stepsOf(states, work),
      onScrape: ({ at, text }) => {
        const counts = text.match(/^kvitto_findings\{.*$/gm) ?? [];
        const total = counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
        process.stderr.write(`${at.slice(0, 10)}  ${total} findings\n`);
        // The EU's catalogue begins in 2025. Any other feed that is not taken would make the picture a false one.
        const failed = Number(/^kvitto_conditions\{what="feed-failed"\} (\d+)$/m.exec(text)?.[1]);
        const isBefore = !existsSync(join(work, 'feeds/eukev/eukev.json'));
        if (failed !== (isBefore ? 1 : 0)) throw new Error(`at ${at}: ${failed} feeds were not taken`);
      },
    });
    const place = join(work, 'prometheus');
    mkdirSync(place);
    const prometheus = await startPrometheus(place, scrapes);
    try {
      // The same line as any user's.
      const marks = realDays.flatMap((day) => ['--mark', `${noon(day)}=real feeds of ${dayText(Date.parse(day))}`]);
      const words = [
        ...['--prometheus', prometheus.url, '--service', service, '--environment', environment],
        ...['--from', noon(first), '--to', noon('2026-08-31'), '--step', '1d', ...marks],
        ...['--title', captions.title],
        ...['--note', captions.note],
        ...['-o', join(root, 'docs/growth.svg'), '--table', join(root, 'docs/growth.csv')],
      ];
      const script = join(import.meta.dirname, 'growth-picture.ts');
      const { status } = spawnSync(process.execPath, [script, ...words], { stdio: 'inherit' });
      return status ?? 1;
    } finally {
      await prometheus.stop();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  // What was started and written goes, too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(4));
  process.exitCode = await main();
}
