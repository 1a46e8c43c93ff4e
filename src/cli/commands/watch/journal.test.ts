import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../model/errors.ts';
import { tellFailure } from './failures.ts';
import { journalOn } from './journal.ts';

function stream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const write = (chunk: string) => {
    text += chunk;
    return true;
  };
  return { stream: { isTTY, write } as unknown as NodeJS.WriteStream, text: () => text };
}

const clock = () => new Date('2026-11-22T10:00:00.500Z');

test('lines are JSON in a pipe, and text on a terminal; nothing steers it', () => {
  const pipe = stream(false);
  const journal = journalOn(pipe.stream, clock, false);
  journal.info('cycle', 'a\u001b[31m\nb', { opened: 3 });
  tellFailure(journal, 'sink', new CodedError('disk-full', 'no room', { remedy: 'make some' }));
  const time = '2026-11-22T10:00:00.500Z';
  const [first = '', second = '', ...rest] = pipe.text().split('\n');
  const { message, ...others } = JSON.parse(first);
  assert.deepEqual(others, { time, level: 'info', event: 'cycle', opened: 3 });
  assert.doesNotMatch(message, /\p{Cc}/u);
  assert.deepEqual(JSON.parse(second), {
    ...{ time, level: 'error', event: 'sink', message: 'no room', code: 'disk-full', remedy: 'make some' },
  });
  assert.deepEqual(rest, ['']);
  const terminal = stream(true);
  journalOn(terminal.stream, clock, false).warn('sink', 'down');
  assert.equal(terminal.text(), '2026-11-22 10:00:00 warn: sink: down\n');
});

test('--quiet leaves out what is well; a bug is told with its stack', () => {
  const { stream: out, text } = stream(false);
  const journal = journalOn(out, clock, true);
  journal.info('cycle', 'all is well');
  const bug = new TypeError('undefined is no function');
  assert.equal(tellFailure(journal, 'cycle', bug), 'a bug: undefined is no function');
  const { message, stack } = JSON.parse(text());
  assert.equal(message, 'this is a bug, please report it with the stack: undefined is no function');
  assert.equal(stack, bug.stack);
});
