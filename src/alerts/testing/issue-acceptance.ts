import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AlertEvent, KvittoEvent } from '../../model/event.ts';
import type { Delivery, Sink, SinkContext } from '../sink.ts';
import { threadKey } from '../words/thread-key.ts';
import { eventIdOf } from './chat-stage.ts';
import type { Got } from './http-receiver.ts';
import { type Answering, brokenOff, type IssueServer, json, startIssueServer } from './issue-desk.ts';
import { sampleAlerts } from './sample-events.ts';
import { acceptSink, sinkContext } from './sink-acceptance.ts';
import { sampleAlert, sampleChange } from './told-events.ts';

/** What the suite needs to know of a tracker. */
export interface IssueStage {
  readonly answering: Answering;
  /** As they stand in kvitto.yaml, for a server on 127.0.0.1. The token is `{ env: KVITTO_TEST_TOKEN }`. */
  settings(port: number): Readonly<Record<string, unknown>>;
  /** Whether a request opens an issue, or comments one. */
  opens(got: Got): boolean;
  comments(got: Got): boolean;
  updates(got: Got): boolean;
  /** The label of a severity. */
  label(severity: string): string;
  /** Labels that every issue of the thread has. */
  labels(key: string): readonly string[];
}

const variable = 'KVITTO_TEST_TOKEN';
/** The token that the servers ask for. */
export const testToken = 'glpat/and ghp_and all-others';

const first = sampleAlert();
const lesser = sampleAlert({
  id: '3f2a90c1-1210-0',
  alert: 4956160,
  severity: 'high',
  exploited: false,
  total: 1,
  counts: { new: 1 },
  changes: [sampleChange({ change: 'new', subject: 'CVE-2026-2000' })],
});
const resolved = (alert: AlertEvent, id: string): AlertEvent => ({ ...alert, id, state: 'resolved' });
const title = 'Critical, exploited: CVE-2026-1000 in openssl 3.0.15-1 and 1 more in shop (prod)';
const lesserTitle = 'High: CVE-2026-1000 in openssl 3.0.15-1 in shop (prod)';

/** The rules of sinks, and those of trackers: one issue for a thread, whatever happens. Call it at the top level of the sink's test file. */
export function acceptTracker<C>(sink: Sink<C>, stage: IssueStage): void {
  acceptSink(sink, {
    settings: stage.settings,
    secrets: { [variable]: testToken },
    events: sampleAlerts(),
    receive: async (most) => {
      const server = await startIssueServer(stage.answering);
      const ids = () => server.desk.issues.flatMap((i) => [i.body, ...i.comments].map(eventIdOf));
      server.fault = () => (ids().length >= most ? { after: false, reply: { status: 503 } } : null);
      return { port: server.port, ids, stop: server.stop };
    },
  });

  describe(`${sink.id} keeps one issue for a thread`, () => {
    const withServer = async (use: (server: IssueServer, deliver: Deliver) => Promise<void>): Promise<void> => {
      process.env[variable] = testToken;
      const server = await startIssueServer(stage.answering);
      const context = sinkContext();
      try {
        await use(server, async (events, over = {}) => {
          const settings = sink.settings.parse(stage.settings(server.port));
          const delivery = await sink.deliver(events, settings, { ...context, ...over });
          const { stopped } = delivery;
          if (stopped === null) return delivery;
          return { ...delivery, stopped: { ...stopped, message: stopped.message.replaceAll(`:${server.port}`, '') } };
        });
      } finally {
        delete process.env[variable];
        await server.stop();
      }
    };
    const seen = ({ desk }: IssueServer) =>
      desk.issues
        .filter((i) => !i.gone)
        .map((i) => ({
          title: i.title,
          labels: i.labels.toSorted(),
          open: i.open,
          told: [i.body, ...i.comments].map(eventIdOf),
        }));
    const labelled = (severity: string) => [...stage.labels(threadKey(first)), stage.label(severity)].sort();
    const all = (events: readonly KvittoEvent[]): Delivery => ({ delivered: events.length, stopped: null });

    it('from its first alert to its last, and again', async () => {
      await withServer(async (server, deliver) => {
        const steps: [AlertEvent, string, string, boolean][] = [
          [first, title, 'critical', true],
          [lesser, lesserTitle, 'high', true],
          [
            { ...lesser, id: '3f2a90c1-1211-0', state: 'acknowledged', acknowledgedBy: 'oncall' },
            lesserTitle,
            'high',
            true,
          ],
          [resolved(first, '3f2a90c1-1212-0'), lesserTitle, 'high', true],
          [resolved(lesser, '3f2a90c1-1213-0'), lesserTitle, 'high', false],
          [{ ...first, id: '3f2a90c1-1214-0', alert: 4972544 }, title, 'critical', true],
          [{ ...first, id: '3f2a90c1-1215-0', alert: 4972544, state: 'escalated' }, title, 'critical', true],
        ];
        const told: string[] = [];
        for (const [event, shown, severity, open] of steps) {
          assert.deepEqual(await deliver([event]), all([event]));
          told.push(event.id);
          assert.deepEqual(seen(server), [{ title: shown, labels: labelled(severity), open, told }]);
        }
      });
    });

    it('another for another thread; none for what nobody was told of', async () => {
      await withServer(async (server, deliver) => {
        const other = { ...first, id: '3f2a90c1-1216-0', thread: 'urgent/other/prod' };
        const events = [resolved(lesser, '3f2a90c1-1213-0'), first, other];
        assert.deepEqual(await deliver(events), all(events));
        assert.deepEqual(
          seen(server).map((i) => i.told),
          [[first.id], [other.id]],
        );
      });
    });

    it('labels and issues of other people stay as they are', async () => {
      await withServer(async (server, deliver) => {
        await deliver([first]);
        const [issue] = server.desk.issues;
        assert.ok(issue !== undefined);
        issue.labels.push('team-shop');
        await deliver([lesser]);
        assert.deepEqual(issue.labels.toSorted(), [...labelled('high'), 'team-shop'].sort());
      });
    });

    it('what was said is not said again when what comes after it fails', async () => {
      await withServer(async (server, deliver) => {
        await deliver([first]);
        server.fault = (got) => (stage.updates(got) ? { after: false, reply: { status: 500 } } : null);
        for (let i = 0; i < 3; i++) assert.equal((await deliver([lesser])).stopped?.why, 'later');
        server.fault = () => null;
        assert.deepEqual(await deliver([lesser]), all([lesser]));
        assert.deepEqual(seen(server), [
          { title: lesserTitle, labels: labelled('high'), open: true, told: [first.id, lesser.id] },
        ]);
      });
    });

    it('opened, but the answer was lost: it is found, and nothing is said twice', async () => {
      await withServer(async (server, deliver) => {
        server.fault = (got) => (stage.opens(got) ? { after: true, reply: brokenOff } : null);
        assert.equal((await deliver([first])).stopped?.why, 'later');
        server.fault = () => null;
        assert.deepEqual(await deliver([first]), all([first]));
        assert.deepEqual(
          seen(server).map((i) => i.told),
          [[first.id]],
        );
      });
    });

    it('opened, but not yet to be found: it is waited for', async () => {
      await withServer(async (server, deliver) => {
        server.fault = (got) => (stage.opens(got) ? { after: true, reply: { status: 502 } } : null);
        await deliver([first]);
        server.fault = () => null;
        const [issue] = server.desk.issues;
        assert.ok(issue !== undefined);
        issue.gone = true;
        const waiting = await deliver([first]);
        assert.equal(waiting.stopped?.why, 'later');
        assert.ok(waiting.stopped.why === 'later' && (waiting.stopped.afterMs ?? 0) > 1000);
        issue.gone = false;
        assert.deepEqual(await deliver([first]), all([first]));
        assert.equal(server.desk.issues.length, 1);
      });
    });

    it('not opened after all: it is opened when it can no longer turn up, whatever the clock did', async () => {
      for (const shift of [120_000, -86_400_000]) {
        await withServer(async (server, deliver) => {
          server.fault = (got) => (stage.opens(got) ? { after: false, reply: { status: 502 } } : null);
          assert.equal((await deliver([first])).stopped?.why, 'later');
          server.fault = () => null;
          const now = () => new Date(Date.now() + shift);
          assert.deepEqual(await deliver([first], { now }), all([first]));
          assert.equal(server.desk.issues.length, 1);
        });
      }
    });

    it('deleted by somebody: another is opened', async () => {
      await withServer(async (server, deliver) => {
        await deliver([first]);
        for (const issue of server.desk.issues) issue.gone = true;
        assert.deepEqual(await deliver([lesser]), all([lesser]));
        assert.deepEqual(seen(server), [
          { title: lesserTitle, labels: labelled('high'), open: true, told: [lesser.id] },
        ]);
      });
    });

    it('forgotten here: it is found again by its mark', async () => {
      await withServer(async (server, deliver) => {
        for (let i = 0; i < 45; i++)
          await deliver([{ ...first, id: `3f2a90c1-1300-${i}`, thread: `urgent/other/${i}` }]);
        const context = sinkContext();
        assert.deepEqual(
          await deliver([{ ...lesser, thread: 'urgent/other/3' }], { memory: context.memory }),
          all([lesser]),
        );
        assert.equal(server.desk.issues.length, 45);
        assert.deepEqual(server.desk.issues[3]?.comments.map(eventIdOf), [lesser.id]);
      });
    });

    it('asked to wait, it waits as long', async () => {
      await withServer(async (server, deliver) => {
        server.fault = (got) =>
          stage.opens(got)
            ? { after: false, reply: json(429, { message: 'slow down' }, { 'retry-after': '77' }) }
            : null;
        const message = 'http://127.0.0.1 answered 429 (too many requests): {"message":"slow down"}';
        assert.deepEqual(await deliver([first]), { delivered: 0, stopped: { why: 'later', message, afterMs: 77_000 } });
        server.fault = () => null;
        assert.deepEqual(await deliver([first]), all([first]));
      });
    });

    it('what is no alert is refused, and the others go on', async () => {
      await withServer(async (_, deliver) => {
        const delivery = await deliver([sampleChange()]);
        assert.deepEqual(delivery, {
          delivered: 0,
          stopped: {
            why: 'refused',
            message:
              "an issue is opened for an alert, not for an event of type change: leave it out of the sink's events",
          },
        });
      });
    });

    it('killed between opening it and keeping that, it opens no second', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kvitto-issue-'));
      try {
        await withServer(async (server, deliver) => {
          const { fileMemory } = await import('./file-memory.ts');
          const memory = fileMemory(join(folder, 'memory.json'));
          const child = (): Promise<NodeJS.Signals | number | null> => {
            const script = join(import.meta.dirname, 'deliver-issue.ts');
            const args = [sink.id, JSON.stringify(stage.settings(server.port)), JSON.stringify([first]), folder];
            const process = spawn(globalThis.process.execPath, [script, ...args], {
              stdio: ['ignore', 'ignore', 'inherit'],
            });
            server.fault = (got) => {
              if (stage.opens(got)) process.kill('SIGKILL');
              return null;
            };
            return once(process, 'exit').then(([code, signal]) => signal ?? code);
          };
          assert.equal(await child(), 'SIGKILL');
          assert.equal(server.desk.issues.length, 1);
          server.fault = () => null;
          assert.deepEqual(await deliver([first], { memory }), all([first]));
          assert.deepEqual(
            seen(server).map((i) => i.told),
            [[first.id]],
          );
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
}

type Deliver = (events: readonly KvittoEvent[], over?: Partial<SinkContext>) => Promise<Delivery>;
