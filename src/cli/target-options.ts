import { existsSync, readFileSync } from 'node:fs';
import {
  defaultPolicy,
  type Exception,
  type Policy,
  type PolicyFlags,
  policyFlagsText,
  policyFromFlags,
} from '../gate/policy.ts';
import { parseTrivyIgnore } from '../gate/trivyignore.ts';
import { type SeverityLevel, severityLevels } from '../model/advisory.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import type { SourceOptions } from '../scan/source.ts';
import { parseDuration } from './environment.ts';

/** The options of `scan` and `gate`, as commander hands them over. */
export interface TargetFlags {
  readonly input?: string;
  readonly format: string;
  readonly output: readonly string[];
  readonly severity: readonly string[];
  readonly ignoreUnfixed?: boolean;
  readonly failOn?: string;
  readonly policy?: string;
  readonly ignorefile?: string;
  readonly allowIncomplete?: boolean;
  readonly maxDbAge?: string;
  readonly explain?: boolean;
  readonly includeDev?: boolean;
  readonly withVulnerabilities?: boolean;
  readonly platform?: string;
  readonly caFile?: string;
  readonly insecure?: boolean;
  readonly mirror: readonly string[];
  readonly skipDirs: readonly string[];
  readonly skipFiles: readonly string[];
  readonly feeds?: string;
  readonly skipDbUpdate?: boolean;
  readonly offline?: boolean;
  readonly offlineScan?: boolean;
  readonly timeout: string;
  readonly quiet?: boolean;
  readonly progress: boolean;
  readonly exitCode?: string;
  readonly baseline?: string;
}

const idleTimeoutMs = 30_000;

/** The target of the command line: the argument, or `--input`. Throws `usage` for none and for both. */
export function targetOf(argument: string | undefined, flags: TargetFlags): string {
  if (argument !== undefined && flags.input !== undefined) {
    throw new CodedError('usage', `two targets: ${argument} and --input ${flags.input}`, {
      remedy: 'name one of them',
    });
  }
  const target = argument ?? flags.input;
  if (target === undefined || target === '') {
    throw new CodedError('usage', 'no target', {
      remedy: 'kvitto scan TARGET, as registry:alpine:3.20, app.tar or dir:.',
    });
  }
  return target;
}

/** How targets are opened. Throws `usage` for a mirror that is none. */
export function sourceOptions(flags: TargetFlags, env: SourceOptions['env'], signal: AbortSignal): SourceOptions {
  const mirrors = new Map<string, string[]>();
  for (const mirror of flags.mirror) {
    const at = mirror.indexOf('=');
    if (at <= 0 || at === mirror.length - 1) {
      throw new CodedError('usage', `--mirror ${mirror}: not a host and its mirror`, {
        remedy: 'write it as --mirror docker.io=mirror.example.org',
      });
    }
    const host = mirror.slice(0, at);
    mirrors.set(host, [...(mirrors.get(host) ?? []), mirror.slice(at + 1)]);
  }
  return {
    platform: flags.platform ?? null,
    caFile: flags.caFile ?? null,
    insecure: flags.insecure ?? false,
    offline: isOffline(flags),
    mirrors: Object.fromEntries(mirrors),
    env,
    idleTimeoutMs,
    signal,
  };
}

/** Whether no network connection may be opened. */
export function isOffline(flags: TargetFlags): boolean {
  return flags.offline === true || flags.offlineScan === true;
}

/** The levels of `--severity`; empty for all. Throws `usage` for an unknown word. */
export function severitiesOf(words: readonly string[], option = '--severity'): SeverityLevel[] {
  return words.map((word) => {
    const level = severityLevels.find((known) => known === word.toLowerCase());
    if (level !== undefined) return level;
    throw new CodedError('usage', `${option} ${word}: no such severity`, {
      remedy: `one of ${severityLevels.join(', ')}`,
    });
  });
}

/** A policy, and the text whose digest is its name; null for the built-in one. */
export interface ChosenPolicy {
  readonly policy: Policy;
  readonly text: string | null;
}

/** The policy of `--policy`, else of `kvitto.yaml` here, else the built-in one; what flags say stands over it. */
export async function policyOf(flags: TargetFlags, filterBySeverity: boolean): Promise<ChosenPolicy> {
  const { file, text, policy: base } = await readPolicy(flags.policy);
  const [failOn] = flags.failOn === undefined ? [] : severitiesOf([flags.failOn], '--fail-on');
  const severities = filterBySeverity ? severitiesOf(flags.severity) : [];
  const chosen: PolicyFlags = {
    ...(failOn === undefined ? {} : { failOn }),
    ...(severities.length === 0 ? {} : { severities }),
    ...(filterBySeverity && flags.ignoreUnfixed === true ? { ignoreUnfixed: true } : {}),
  };
  const policy = policyFromFlags(chosen, base);
  const maxDbAgeMs = flags.maxDbAge === undefined ? policy.maxDbAgeMs : parseDuration(flags.maxDbAge, '--max-db-age');
  // Without a file that says which rules ask for it, a baseline counts for all of them.
  const onlyNew = file === null && flags.baseline !== undefined;
  const rules = onlyNew ? policy.rules.map((rule) => ({ ...rule, onlyNew })) : policy.rules;
  const allowIncomplete = policy.allowIncomplete || flags.allowIncomplete === true;
  return {
    policy: { ...policy, rules, maxDbAgeMs, allowIncomplete },
    text: policy.origin?.digest === base.origin?.digest ? text : policyFlagsText(chosen, base),
  };
}

/** The policy of a file, else of `kvitto.yaml` here, else the built-in one. */
export async function policyFrom(named: string | undefined): Promise<Policy> {
  return (await readPolicy(named)).policy;
}

async function readPolicy(named: string | undefined): Promise<ChosenPolicy & { readonly file: string | null }> {
  const file = named ?? (existsSync('kvitto.yaml') ? 'kvitto.yaml' : null);
  if (file === null) return { file, text: null, policy: defaultPolicy };
  const text = readText(file, 'policy-invalid');
  return { file, text, policy: await parsed(text, file) };
}

async function parsed(text: string, file: string): Promise<Policy> {
  // Loaded only here: reading YAML and checking its shape costs a third of the start.
  const { parsePolicy } = await import('../gate/parse-policy.ts');
  return parsePolicy(text, file);
}

/** What `--ignorefile`, or the `.trivyignore` of this folder, takes out. */
export function ignoredOf(flags: TargetFlags): Exception[] {
  const file = flags.ignorefile ?? (existsSync('.trivyignore') ? '.trivyignore' : null);
  return file === null ? [] : parseTrivyIgnore(readText(file, 'config-invalid'), file);
}

function readText(file: string, code: 'policy-invalid' | 'config-invalid'): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const remedy = 'check the path; without the option the file of this folder is taken, where there is one';
    throw new CodedError(code, `cannot read ${file}: ${messageOf(error)}`, { cause: error, remedy });
  }
}
