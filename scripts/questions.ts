// Writes docs/questions.md: an auditor's questions, each with the command that answers it and what it really printed. The story is
// that of demo/: an invented image under two states of invented advisories. `npm run docs:questions`; a test runs it again.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { demoFiles, zip } from './build-demo.ts';
import { type Asked, questions, type Step, story } from './questions-story.ts';

const root = join(import.meta.dirname, '..');
const facts = join(root, 'demo/source/facts');

function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}

/** `mirror.json`: when the feeds of a folder were last confirmed at their sources. */
function confirmed(at: string): Buffer {
  const ids = ['osv/Debian', 'osv/npm', 'kev', 'eukev', 'nvd', 'epss'];
  return Buffer.from(JSON.stringify({ feeds: Object.fromEntries(ids.map((id) => [id, { asOf: at }])) }));
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** The feeds as they stood three weeks before those of the demo: one vulnerability of harbor, and nothing known to be exploited. */
function earlierFeeds(): Map<string, Buffer> {
  const files = new Map([...demoFiles()].filter(([name]) => name.startsWith('feeds/osv/npm/')));
  const record = {
    schema_version: '1.7.0',
    id: 'DSA-9001-1',
    modified: '2026-10-15T00:00:00Z',
    published: '2026-10-15T00:00:00Z',
    upstream: ['CVE-2026-90002'],
    summary: 'harbor - security update (invented for the demo)',
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'harbor' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.4.1-1+deb12u2' }] }],
      },
    ],
  };
  files.set('feeds/osv/Debian/all.zip', zip([{ name: 'DSA-9001-1.json', bytes: json(record) }]));
  // A catalogue without entries is taken for a broken one: something else is in it.
  const other = (name: string) =>
    Buffer.from(readFileSync(join(facts, name), 'utf8').replaceAll('CVE-2026-90001', 'CVE-2026-80000'));
  files.set(
    'feeds/kev/known_exploited_vulnerabilities.json',
    Buffer.from(
      other('kev.json')
        .toString()
        .replace(/"dateReleased":"[^"]*"/, '"dateReleased":"2026-10-19T12:00:00.0000Z"'),
    ),
  );
  files.set('feeds/eukev/eukev.json', other('eukev.json'));
  files.set(
    'feeds/nvd/nvdcve-2.0-2026.json.gz',
    gzipSync(other('nvd-2026.json').toString().replace('2026-11-12T00:00:00.000', '2026-10-20T00:00:00.000')),
  );
  const scores =
    '#model_version:demo,score_date:2026-10-20T00:00:00+0000\ncve,epss,percentile\nCVE-2026-90002,0.010000000,0.500000000\n';
  files.set('feeds/epss/epss_scores-current.csv.gz', gzipSync(scores));
  return files;
}

/** Something that a command printed which a later command needs: the digest of an artifact, the index of an entry. */
type Known = Map<string, string>;

function runStep(home: string, { at, words }: Step, known: Known): { text: string; told: string; exit: number } {
  const given = words.map((word) => word.replace(/\{(\w+)\}/g, (_, name: string) => known.get(name) ?? `{${name}}`));
  const env = { ...process.env, KVITTO_HOME: home, COLUMNS: '110', NO_COLOR: '1', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  for (const name of ['SOURCE_DATE_EPOCH', 'DATABASE_URL', 'CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'KVITTO_ROLE'])
    Reflect.deleteProperty(env, name);
  const script = join(root, 'scripts/kvitto-at.ts');
  const done = spawnSync(process.execPath, [script, at, ...given], {
    cwd: root,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (done.status === null) throw new Error(`${given.join(' ')}: ${done.signal ?? done.error?.message}`);
  return { text: done.stdout, told: done.stderr, exit: done.status };
}

function learnFrom(name: string, text: string, known: Known): void {
  const document = JSON.parse(text);
  const value =
    name === 'digest' ? document.artifact.digest : name === 'deployment' ? document.deployment : document.entry;
  known.set(name, String(value));
}

const mostLines = 60;

function shown(text: string, home: string): string {
  const lines = text.replaceAll(home, '~/.local/share/kvitto').trimEnd().split('\n');
  const cut =
    lines.length > mostLines
      ? [...lines.slice(0, mostLines - 1), `… ${lines.length - mostLines + 1} more lines`]
      : lines;
  return cut.map((line) => line.trimEnd()).join('\n');
}

function section(asked: Asked, home: string, known: Known): string {
  const blocks = asked.steps.map((step) => {
    const { text, told, exit } = runStep(home, step, known);
    if (exit !== (step.exit ?? 0)) throw new Error(`${step.words.join(' ')}: exit code ${exit}\n${text}${told}`);
    const command = step.words
      .map((w) => (/\s/.test(w) ? `"${w}"` : w))
      .join(' ')
      .replace(/\{(\w+)\}/g, (_, n: string) => known.get(n) ?? n);
    return `\`\`\`console\n$ kvitto ${command.replaceAll(home, '~')}\n${shown(`${text}${told}`, home)}\n\`\`\``;
  });
  return `## ${asked.number}. ${asked.question}\n\n${asked.about}\n\n${blocks.join('\n\n')}\n`;
}

/** The page, with what every command printed. Takes some seconds. */
export function questionsPage(): string {
  const home = mkdtempSync(join(tmpdir(), 'kvitto-questions-'));
  try {
    writeFiles(join(home, 'then'), earlierFeeds());
    writeFiles(join(home, 'now'), new Map([...demoFiles()].filter(([name]) => name.startsWith('feeds/'))));
    writeFileSync(join(home, 'then/feeds/mirror.json'), confirmed('2026-10-20T06:00:00Z'));
    writeFileSync(join(home, 'now/feeds/mirror.json'), confirmed('2026-11-12T06:00:00Z'));
    const known: Known = new Map([['home', home]]);
    const told = story.map((step) => {
      const { text, told: said, exit } = runStep(home, step, known);
      if (exit !== (step.exit ?? 0)) throw new Error(`${step.words.join(' ')}: exit code ${exit}\n${text}${said}`);
      if (step.learns !== undefined) learnFrom(step.learns, text, known);
      return `| ${step.at.slice(0, 16).replace('T', ' ')} | ${step.says} | \`kvitto ${step.words[0]}\` | ${exit} |`;
    });
    const table = ['| Clock (UTC) | What happens | Command | Exit code |', '| --- | --- | --- | --- |', ...told].join(
      '\n',
    );
    const answers = questions.map((asked) => section(asked, home, known));
    return `${opening}\n${table}\n\n${answers.join('\n')}`;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const opening = `# What an auditor asks, and what answers it

Generated by \`npm run docs:questions\`, which runs every command on this page; a test runs them again. The image and its advisories are
the invented ones of \`demo/\`, under two states of the feeds: of 20 October and of 12 November 2026. The numbers are those of the list of
fifteen questions on which Kvitto is built; the others are not answered yet. Every answer is evidence for what the law asks, and
decides nothing about whether it is fulfilled.

The story:
`;

if (import.meta.main) writeFileSync(join(root, 'docs/questions.md'), questionsPage());
