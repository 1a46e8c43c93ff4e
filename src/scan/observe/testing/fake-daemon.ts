import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CodedError, type FailureCode } from '../../../model/errors.ts';
import type { Observation } from '../../../model/observation.ts';
import { type ObserveOptions, observeDaemon } from '../observe.ts';

export type Kind = Observation['source'];
export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** A daemon at a socket of its own; how to observe it, and what it was asked. */
export async function fakeDaemon(t: TestContext, handle: Handle) {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  const path = join(folder, 'd.sock');
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    assert.equal(request.method, 'GET', 'nothing is changed on the host');
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const observe = (kind: Kind, more: Partial<ObserveOptions> = {}): Promise<Observation> =>
    observeDaemon(kind, {
      changes: true,
      offline: true,
      env: { DOCKER_HOST: `unix://${path}`, CONTAINER_HOST: `unix://${path}` },
      idleTimeoutMs: 5_000,
      signal: new AbortController().signal,
      ...more,
    });
  return { observe, asked, path };
}

/** Whether a failure has this code, a message like this, and a remedy. */
export const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  assert.ok(error.remedy !== undefined || code === 'aborted');
  return true;
};

/** 64 digits. */
export const id = (digit: string): string => digit.repeat(64);
export const digest = `sha256:${id('f')}` as const;
export const imagePath = `/images/sha256%3A${id('f')}/json`;
export const inspection = (more: object = {}): object => ({
  Id: 'unused',
  Name: '/c',
  Image: digest,
  Created: '2026-01-01T00:00:00Z',
  State: { Running: true, StartedAt: '2026-01-01T00:00:00Z' },
  Config: { Image: 'shop:1', Labels: null },
  ...more,
});
/** One container, `1…`, of the image `f…`; paths by their end. */
export const answering =
  (answers: Readonly<Record<string, unknown>>): Handle =>
  (request, response) => {
    const url = request.url ?? '';
    const all: Readonly<Record<string, unknown>> = {
      '/containers/json': [{ Id: id('1') }],
      '/json': inspection(),
      '/changes': null,
      [imagePath]: { RepoDigests: [] },
      ...answers,
    };
    const key =
      Object.keys(all)
        .sort((a, b) => b.length - a.length)
        .find((end) => url.endsWith(end)) ?? '';
    const answer = all[key];
    if (typeof answer === 'function') answer(response);
    else if (typeof answer === 'number') response.writeHead(answer).end('{"message":"no\\u001b[2J"}');
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  };
