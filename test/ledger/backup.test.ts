// docs/ledger.md says how a ledger is copied while somebody writes. Its commands are run as they stand there, and the copy is a ledger.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLedger } from '../../src/evidence/verify-ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { deploy } from '../../src/ledger/record/deploy.ts';
import { stop } from '../../src/ledger/record/stop.ts';
import { root, scratch } from '../real/parts.ts';
import { missing } from '../real/tool.ts';
import { first, tellStory, tool } from './evidence-stage.ts';

const absent = missing('sqlite3');

test('a copy that is made while somebody writes', { skip: absent !== null && `LEFT OUT: ${absent}` }, async () => {
  const page = readFileSync(join(root, 'docs/ledger.md'), 'utf8');
  const [, commands = ''] = /^```sh\n(cd "\$LEDGER".*?)^```$/ms.exec(page) ?? [];
  assert.notEqual(commands, '');
  const told = await tellStory();
  const folder = join(scratch('backup'), 'ledger');
  try {
    const { ledger } = told;
    const env = { ...process.env, LEDGER: told.folder, BACKUP: folder };
    const copying = spawn('sh', ['-e', '-c', commands], { env, stdio: 'ignore' });
    const ended = once(copying, 'exit');
    const nothing = { image: null, at: null, change: null, run: null, actor: 'ci', breakGlass: null };
    let written = 0;
    for (; copying.exitCode === null && written < 400; written++) {
      await deploy(ledger, { service: 'busy', environment: 'prod', artifact: first, ...nothing, alongside: false });
      await ledger.publish();
    }
    assert.deepEqual(await ended, [0, null]);
    assert.ok(written > 0);
    const named = { databaseUrl: null, clock: () => new Date(told.now), tool, name: 'test', waitMs: 5_000 };
    const copy = await openLedger({ folder, ...named, mode: 'write' });
    try {
      // The copy may fall between an entry's commit and its way into the log's files.
      await copy.publish();
      const { outcome, checks } = await verifyLedger(copy, { quick: true, file: null });
      assert.equal(outcome, 'pass', JSON.stringify(checks));
      // It goes on from there.
      await stop(copy, {
        service: 'mail',
        environment: 'prod',
        deployment: null,
        at: null,
        unknownEnd: true,
        actor: 'ops',
      });
      await copy.publish();
    } finally {
      await copy.close();
    }
  } finally {
    await told.remove();
  }
});
