import { randomBytes } from 'node:crypto';
import type { AlertEvent, ChangeEvent } from '../model/event.ts';

/**
 * An alert that is marked as a test, for trying out a sink: of a service that nobody has. Each has an id and a thread of its own, so
 * that no receiver takes it for one that it has seen.
 */
export function testEvent(sink: string, now: Date): AlertEvent {
  const message = `TEST, not an alarm: Kvitto tries out the sink ${sink}`;
  const [log, thread] = [randomBytes(4).toString('hex'), randomBytes(8).toString('hex')];
  const stamp = { at: now.toISOString(), entry: 0, place: 0, actor: 'test' };
  const where = { service: 'kvitto-test', environment: 'test' };
  const change: ChangeEvent = {
    ...{ type: 'change', id: `${log}-0-1`, ...stamp, ...where, message, change: 'new', state: 'began' },
    subject: 'TEST-0000',
    vulnerability: {
      id: 'TEST-0000',
      aliases: [],
      published: null,
      summary: 'A test: there is no such vulnerability',
      ratedBy: null,
      vector: null,
      exploitation: [],
      epss: null,
    },
    component: 'pkg:generic/kvitto-test@0',
    ...{
      artifact: null,
      artifacts: 0,
      deployments: 0,
      deployment: null,
      containers: null,
      owner: null,
      since: null,
      before: null,
    },
    after: { severity: 'low', score: 0.1, exploited: false, fixedIn: null, advisories: ['TEST-0000'] },
    detail: { test: true },
  };
  return {
    ...{
      type: 'alert',
      id: `${log}-0-0`,
      ...stamp,
      ...where,
      message,
      state: 'raised',
      alert: 0,
      rule: 'test',
      thread,
    },
    ...{ owner: null, severity: 'low', exploited: false, total: 1, counts: { new: 1 }, changes: [change] },
    ...{ raised: stamp.at, send: [sink], acknowledgedBy: null },
  };
}
