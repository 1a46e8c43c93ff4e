// What the README says can be typed: every command against the real options, and those on demo/ by running them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Command } from 'commander';
import { parseAlertConfig } from '../src/alerts/config/parse-config.ts';
import { allSinks } from '../src/alerts/sinks/all.ts';
import { parseDuration } from '../src/cli/environment.ts';
import { exitCodeMeanings, exitCodes } from '../src/cli/exit-codes.ts';
import { parseOutputs } from '../src/cli/output.ts';
import { commandLine } from '../src/cli/program.ts';
import { severitiesOf, type TargetFlags, targetOf } from '../src/cli/target-options.ts';
import { allFormats } from '../src/formats/all.ts';
import { parsePolicy } from '../src/gate/parse-policy.ts';
import { type KvittoRun, kvitto, root, scratch } from './real/parts.ts';

const text = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
  language,
  code,
}));

/** A command of the README, without `npx kvitto`, and the exit code that its comment states. */
interface Line {
  readonly words: readonly string[];
  readonly exit: number | null;
}

function linesOf(from: typeof blocks): Line[] {
  return from
    .filter(({ language }) => language === 'sh' || language === 'yaml')
    .flatMap(({ code }) => code.split('\n'))
    .flatMap((line): Line[] => {
      const [, command, comment] = /(?:^|&& |- )npx kvitto (.*?)(?:\s+# (\d+))?$/.exec(line) ?? [];
      if (command === undefined) return [];
      return [{ words: wordsOf(command), exit: comment === undefined ? null : Number(comment) }];
    });
}

/** The words of a line; a quoted one may have spaces. */
function wordsOf(line: string): string[] {
  return (line.match(/"[^"]*"|\$\([^)]*\)|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, '$1'));
}

const ledgerBlock = blocks.filter(({ code }) => code.includes(' --record   #') || code.includes(' watch --once '));
const lines = linesOf(blocks);
const ofLedger = linesOf(ledgerBlock);
const ofDemo = linesOf(blocks.filter((block) => !ledgerBlock.includes(block))).filter(({ words }) =>
  words.some((word) => /^(?:dir:)?demo(?:\/|$)/.test(word)),
);

/** Parses like the real program and runs nothing; throws what commander throws. */
async function parsed(words: readonly string[]): Promise<{ target: string | undefined; flags: TargetFlags } | null> {
  let scanned: { target: string | undefined; flags: TargetFlags } | null = null;
  const quiet = (command: Command): void => {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.action(() => {
      if (command.name() !== 'scan' && command.name() !== 'gate') return;
      scanned = { target: command.args[0], flags: command.opts() };
    });
    for (const sub of command.commands) quiet(sub);
  };
  const program = commandLine({ version: '0.0.0', clock: () => new Date() }, () => {});
  for (const command of program.commands) quiet(command);
  await program.parseAsync([...words], { from: 'user' });
  return scanned;
}

/** Runs the command line with its clock at a moment. */
function kvittoAt(moment: string, words: readonly string[], { home, cwd }: { home: string; cwd: string }): KvittoRun {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', KVITTO_HOME: home };
  for (const name of ['SOURCE_DATE_EPOCH', 'DATABASE_URL', 'KVITTO_ROLE']) delete env[name];
  const script = join(root, 'scripts/kvitto-at.ts');
  return spawnSync(process.execPath, [script, moment, ...words], { cwd, env, encoding: 'utf8', timeout: 60_000 });
}

describe('README', () => {
  const folder = scratch('readme');
  before(() => {
    mkdirSync(join(folder, 'here'));
    symlinkSync(join(root, 'demo'), join(folder, 'here/demo'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('every command line is understood', async () => {
    assert.ok(lines.length > 15 && ofDemo.length > 4, `${lines.length} lines, ${ofDemo.length} on demo/`);
    for (const { words, exit } of lines) {
      const scanned = await parsed(words).catch((error: unknown) => assert.fail(`${words.join(' ')}: ${error}`));
      if (scanned === null || exit === exitCodes.usage) continue;
      const { target, flags } = scanned;
      assert.notEqual(targetOf(target, flags), '');
      parseOutputs(flags.format, flags.output, allFormats);
      severitiesOf(flags.severity);
      parseDuration(flags.timeout, '--timeout');
    }
    await assert.rejects(parsed(['gate', 'x', '--no-such-option']), { code: 'commander.unknownOption' });
    await assert.rejects(parsed(['scan', 'a', 'b']), { code: 'commander.excessArguments' });
  });

  test('so is every one of the pages about the ledger, and the table of commands is whole', async () => {
    const names = commandLine({ version: '0.0.0', clock: () => new Date() }, () => {}).commands.map((c) => c.name());
    const table = text.slice(text.indexOf('\n## Commands\n'), text.indexOf('\n## In a pipeline\n'));
    const listed = [...table.matchAll(/`([a-z]+)`/g)].map(([, name]) => name);
    assert.deepEqual(listed.toSorted(), names.toSorted());
    for (const page of ['docs/ledger.md', 'docs/verify.md']) {
      const about = readFileSync(join(root, page), 'utf8');
      const typed = [...about.matchAll(/^npx kvitto (.+)$/gm), ...about.matchAll(/`(?:npx )?kvitto ([^`]+)`/g)];
      assert.ok(typed.length > 8, `${page}: ${typed.length}`);
      for (const [, line = ''] of typed) {
        const words = wordsOf(line);
        const [name = ''] = words;
        assert.ok(names.includes(name), `${page}: ${line}`);
        // The name of a command alone stands for the command.
        if (words.length > (name === 'log' ? 2 : 1)) {
          await parsed(words).catch((error: unknown) => assert.fail(`${page}: kvitto ${line}: ${error}`));
        }
      }
    }
  });

  test('what only needs demo/ ends as it says', () => {
    for (const { words, exit } of ofDemo) {
      const done = kvitto(words, { home: join(folder, 'home'), cwd: join(folder, 'here') });
      assert.equal(done.status, exit ?? exitCodes.done, `${words.join(' ')}\n${done.stdout}${done.stderr}`);
    }
    assert.deepEqual(
      new Set(ofDemo.flatMap(({ exit }) => (exit === null ? [] : [exit]))),
      new Set([exitCodes.done, exitCodes.gateFailed, exitCodes.usage, exitCodes.cannotSay, exitCodes.failure]),
    );
  });

  test('the story of the ledger goes as it says', () => {
    assert.deepEqual([ledgerBlock.length, ofLedger.length], [2, 14]);
    const [home, cwd] = [join(folder, 'ledger-home'), join(folder, 'here')];
    assert.equal(kvitto(['db', 'update', '--feeds', 'demo/feeds'], { home, cwd }).status, exitCodes.done);
    const said = new Map<string, string>();
    for (const [number, { words, exit }] of ofLedger.entries()) {
      // A clock of its own: the times in the README are of these days.
      const moment = new Date(Date.parse('2026-11-22T09:00:00Z') + number * 60_000).toISOString();
      const done = kvittoAt(moment, words, { home, cwd });
      assert.equal(done.status, exit, `${words.join(' ')}\n${done.stdout}${done.stderr}`);
      said.set(words.join(' '), done.stdout);
    }
    const [now = '', then = ''] = [...said].filter(([line]) => line.startsWith('exposure ')).map(([, out]) => out);
    assert.match(now, /^4 vulnerabilities in 4 components/m);
    assert.match(then, /Nothing of it ran then, as far as the ledger knows/);
  });

  test('the output that is shown is the output of the demo', () => {
    const shown = blocks.filter(({ language }) => language === 'text').flatMap(({ code }) => code.split('\n'));
    const real = kvitto(['demo'], { home: join(folder, 'home'), cwd: root }).stdout.split('\n');
    const rest = shown.filter((line) => line !== '' && line !== '…');
    assert.ok(rest.length > 10);
    let from = 0;
    for (const line of rest) {
      const at = real.indexOf(line, from);
      assert.ok(at >= 0, `not in the output of the demo, or not in this order: ${line}`);
      from = at + 1;
    }
  });

  test('the exit codes are those of the code, and the policy is one', () => {
    for (const [name, code] of Object.entries(exitCodes))
      assert.ok(text.includes(`| ${code} | ${exitCodeMeanings[name as keyof typeof exitCodes]} |`), name);
    const policies = blocks.filter(({ language, code }) => language === 'yaml' && code.startsWith('version: 1'));
    assert.equal(policies.length, 2);
    // One file is both: what the gate asks, and what the watch tells.
    const read = policies.map(({ code }) => {
      const { rules, sinks } = parseAlertConfig(code, 'README.md', allSinks);
      return {
        rules: parsePolicy(code, 'README.md').rules.length,
        alerts: rules.length,
        sinks: sinks.map((k) => k.name),
      };
    });
    const [alarm, policy] = read;
    assert.deepEqual(alarm, { rules: 2, alerts: 2, sinks: ['siem', 'mail', 'pager'] });
    assert.deepEqual([policy?.rules, policy?.sinks], [2, []]);
  });
});
