import type { z } from 'zod';
import { stoppedBy } from '../http/judge.ts';
import type { Answer, Ask, Line, Trouble } from '../http/post.ts';
import { Halt } from './tracker.ts';

/** What a tracker's answers mean where HTTP alone does not say it. */
export interface TrackerAnswers {
  /** How long it asks to wait, in milliseconds; null where it does not. For an answer that is none of success. */
  waitMs(answer: Answer): number | null;
  /** Never, for what was sent. */
  refused(answer: Answer): boolean;
  /** The issue is not there any more. Asked for requests about one issue alone. */
  gone(answer: Answer): boolean;
}

/** Requests in JSON to a tracker. All throw `Halt` where the answer is none of success. */
export interface Requests {
  /** The answer as JSON of this shape. */
  read<T>(ask: Ask & { json?: object }, shape: z.ZodType<T>): Promise<T>;
  /** The same about one issue; null where it is gone. */
  readIssue<T>(ask: Ask & { json?: object }, shape: z.ZodType<T>): Promise<T | null>;
  /** Whether it was done; false where the issue is gone. What is answered is not read. */
  write(ask: Ask & { json?: object }): Promise<boolean>;
}

export function requestsOver(
  line: Line,
  answers: TrackerAnswers,
  headers: Readonly<Record<string, string>> = {},
): Requests {
  const send = (ask: Ask & { json?: object }): Promise<Answer | Trouble> => {
    const { json, ...rest } = ask;
    const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
    return line.send({
      ...rest,
      headers: { accept: 'application/json', ...type, ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  };

  /** The answer where it is one of success; null where the issue is gone and that was asked. */
  const answerTo = async (ask: Ask & { json?: object }, ofIssue: boolean): Promise<Answer | null> => {
    const answer = await send(ask);
    const stopped = stoppedBy(answer, line, new Set());
    if (answer.kind === 'trouble') throw new Halt(stopped ?? nonsense(line), true);
    if (stopped === null) return answer;
    const waitMs = answers.waitMs(answer);
    if (waitMs !== null) throw new Halt({ why: 'later', message: stopped.message, afterMs: waitMs }, false);
    if (ofIssue && answers.gone(answer)) return null;
    if (answers.refused(answer)) throw new Halt({ why: 'refused', message: stopped.message }, false);
    throw new Halt(stopped, answer.status >= 500);
  };

  const parsed = <T>(answer: Answer, shape: z.ZodType<T>): T => {
    try {
      return shape.parse(JSON.parse(answer.text ?? ''));
    } catch {
      throw new Halt(nonsense(line), true);
    }
  };

  return {
    read: async (ask, shape) => {
      const answer = await answerTo(ask, false);
      if (answer === null) throw new Halt(nonsense(line), true);
      return parsed(answer, shape);
    },
    readIssue: async (ask, shape) => {
      const answer = await answerTo(ask, true);
      return answer === null ? null : parsed(answer, shape);
    },
    write: async (ask) => (await answerTo(ask, true)) !== null,
  };
}

function nonsense(line: Line): { why: 'later'; message: string; afterMs: null } {
  const message = `${line.place} answered something else than its interface promises, or more than is read: check the address`;
  return { why: 'later', message, afterMs: null };
}

/** Until a moment that a header names in Unix seconds; at least a second, at most a day. Null where it names none. */
export function untilSecond(header: string | null, now: Date): number | null {
  if (header === null || !/^\d{1,12}$/.test(header)) return null;
  return Math.min(86_400_000, Math.max(1000, Number(header) * 1000 - now.getTime()));
}
