import type { Finding } from '../model/finding.ts';
import { type Purl, parsePurl, purlCovers } from '../model/purl.ts';
import type { ExceptionOutcome, FindingRef } from '../model/verdict.ts';
import { dayMs, endOfDay } from './dates.ts';
import type { Exception } from './policy.ts';

const warnBeforeMs = 14 * dayMs;

/** Findings with `excepted` set, and what became of each exception. */
export interface Excepted {
  readonly findings: readonly Finding[];
  readonly outcomes: readonly ExceptionOutcome[];
}

function covers(wanted: Purl | null, exception: Exception, finding: Finding): boolean {
  if (exception.component === null) return true;
  if (exception.component === finding.component) return true;
  const purl = wanted === null ? null : parsePurl(finding.component);
  return wanted !== null && purl !== null && purlCovers(wanted, purl);
}

/** An exception that counts again from the next instant on: null where it has no end. */
function endOf(exception: Exception): number {
  return exception.until === null ? Number.POSITIVE_INFINITY : (endOfDay(exception.until) ?? 0);
}

function stateOf(exception: Exception, matched: number, now: Date): ExceptionOutcome['state'] {
  const left = endOf(exception) - now.getTime();
  if (left <= 0) return 'expired';
  if (matched === 0) return 'unused';
  return left <= warnBeforeMs ? 'expiring' : 'used';
}

function by({ at, owner }: Exception): string {
  return owner === null ? at : `${at} (${owner})`;
}

/**
 * Holds findings against exceptions. One that has run out covers nothing, but still says what it would have covered. Where
 * several cover a finding, the first is named.
 */
export function applyExceptions(findings: readonly Finding[], exceptions: readonly Exception[], now: Date): Excepted {
  const byId = new Map<string, number[]>();
  for (const [index, finding] of findings.entries()) {
    for (const id of new Set([finding.id, ...finding.aliases, ...finding.advisories])) {
      const known = byId.get(id);
      if (known === undefined) byId.set(id, [index]);
      else known.push(index);
    }
  }
  const covering = new Map<number, Exception>();
  const outcomes = exceptions.map((exception): ExceptionOutcome => {
    const wanted = exception.component === null ? null : parsePurl(exception.component);
    const matched: FindingRef[] = [];
    const holds = endOf(exception) > now.getTime();
    for (const index of byId.get(exception.id) ?? []) {
      const finding = findings[index];
      if (finding === undefined || !covers(wanted, exception, finding)) continue;
      matched.push({ id: finding.id, component: finding.component });
      if (holds && !covering.has(index)) covering.set(index, exception);
    }
    const { id, component, owner, reason, until, at } = exception;
    return { id, component, owner, reason, until, state: stateOf(exception, matched.length, now), matched, at };
  });
  const marked = findings.map((finding, index) => {
    const exception = covering.get(index);
    if (exception === undefined) return finding;
    return { ...finding, excepted: { by: by(exception), reason: exception.reason, until: exception.until } };
  });
  return { findings: marked, outcomes };
}
