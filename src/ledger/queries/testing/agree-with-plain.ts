import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CodedError } from '../../../model/errors.ts';
import type { Instant } from '../../instant.ts';
import { exposure } from '../exposure.ts';
import { ran } from '../ran.ts';
import { where } from '../where.ts';
import {
  plainAt,
  plainExposure,
  plainRan,
  plainWhere,
  shortExposure,
  shortRan,
  shortWhere,
  type Told,
} from './plain-answers.ts';
import { hour, type Stage, start } from './stage.ts';
import { environments, names, services, steps, tell } from './steps.ts';

/** A moment that may fall on, between, before and after what was told; in hours since the stage's beginning. */
const moment = fc.integer({ min: -8, max: 40 }).map((half) => start + (half * hour) / 2);
const questions = fc.array(fc.tuple(moment, moment, moment), { minLength: 6, maxLength: 6 });

/**
 * Random facts, random moments: the ledger answers what the plain list says. `open` gives an empty stage; it is closed here.
 */
export async function agreesWithPlain(open: () => Promise<Stage>, runs: number): Promise<void> {
  const property = fc.asyncProperty(steps, questions, async (happened, asked) => {
    const stage = await open();
    try {
      const notes: Told[] = [];
      for (const step of happened) await tell(stage, notes, step);
      for (const [at, other, asOf] of asked) await ask(stage, notes, [Math.min(at, other), Math.max(at, other)], asOf);
      await ask(stage, notes, [stage.now, stage.now], stage.now);
    } finally {
      await stage.close();
    }
  });
  await fc.assert(property, { numRuns: runs, endOnFailure: true });
}

async function ask(stage: Stage, notes: readonly Told[], [from, to]: [Instant, Instant], asOf: Instant): Promise<void> {
  const { ledger } = stage;
  const plain = plainAt(notes, asOf);
  for (const environment of environments) {
    const answer = await unlessUnknown(ran(ledger, { environment, at: from, asOf }));
    const expected = plainRan(plain, from).filter((d) => d.environment === environment);
    assert.deepEqual(answer === null ? [] : shortRan(answer), expected);
  }
  for (const service of services) {
    for (const end of [from, to]) {
      const request = { service, environment: null, from, to: end, asOf };
      const answer = await unlessUnknown(exposure(ledger, request));
      const short = answer === null ? { deployments: [], rows: [] } : shortExposure(answer);
      assert.deepEqual(short, plainExposure(plain, service, from, end));
    }
  }
  for (const name of names) {
    const answer = await where(ledger, { vulnerability: name, asOf });
    assert.deepEqual(shortWhere(answer), plainWhere(plain, name, asOf));
  }
}

/** A service or environment that nothing was ever told of. */
async function unlessUnknown<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'not-in-ledger') return null;
    throw thrown;
  }
}
