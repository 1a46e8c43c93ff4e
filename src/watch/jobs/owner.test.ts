import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isGone, newOwner } from './owner.ts';

test('an owner tells this process apart, and says which one it is', () => {
  const [a, b] = [newOwner(), newOwner()];
  assert.notEqual(a, b);
  assert.equal(a.split('|')[1], `${process.pid}`);
  assert.equal(isGone(a), false);
});

test('a process that was killed is gone; of other machines, and of what is no owner, nobody knows', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const [host = '', , space = '', chance = ''] = newOwner().split('|');
  const its = [host, child.pid, space, chance].join('|');
  assert.equal(isGone(its), false);
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.equal(isGone(its), space !== '');
  for (const other of [
    [host, child.pid, 'another/1', chance].join('|'),
    [host, child.pid, '', chance].join('|'),
    'x',
    '',
  ])
    assert.equal(isGone(other), false);
});
