// A rescan of much by the thread of the command line, on a real store.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../src/advisories/store/open.ts';
import { writeOsvZip } from '../../src/advisories/testing/feeds-folder.ts';
import { updateStore } from '../../src/advisories/update.ts';
import { rescanHelpers } from '../../src/cli/rescan-threads.ts';
import { readEntries } from '../../src/ledger/read-entries.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { newFolder, removeFolder } from '../ledger/place.ts';
import { agreesWithLog, names, purls, replayed, tiny } from './bulk-stage.ts';

function recordOf(name: string, n: number): object {
  return {
    id: `GHSA-aaaa-aaaa-aa${10 + n}`,
    modified: '2026-01-01T00:00:00Z',
    aliases: [`CVE-2026-${1000 + n}`],
    affected: [
      {
        package: { ecosystem: 'npm', name },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '3.0.0' }] }],
      },
    ],
  };
}

test('threads do the parts, the caller ends the pass; where a thread fails, the caller does it all', async (t) => {
  const folder = newFolder();
  t.after(() => removeFolder(folder));
  writeOsvZip(folder, 'npm', names.map(recordOf));
  const now = new Date('2026-01-01T00:00:00Z');
  const { store: file } = await updateStore({ home: path.join(folder, 'home'), base: folder, ecosystems: null, now });
  const counts: number[] = [];
  for (const storeOfThread of [file, path.join(folder, 'nowhere.db')]) {
    const store = openStore(file);
    const small = await smallLedger();
    try {
      await small.record('one', purls, null);
      const place = { folder: small.ledger.parts.paths.folder, databaseUrl: null };
      const helpers = rescanHelpers({
        ledger: { ...place, tool: 'kvitto/0.0.0', name: 'test', waitMs: 20_000 },
        store: storeOfThread,
        actor: 'thread',
        leaseMs: null,
        clockAheadMs: 0,
      });
      const done = await rescan(small.ledger, store, 'watch', { size: tiny, maxFeedAgeMs: null, helpers });
      counts.push(done.rescanned.opened);
      const { size } = await small.ledger.state();
      const all = [
        ...(
          await readEntries(
            small.ledger,
            Array.from({ length: size }, (_, n) => n),
          )
        ).values(),
      ];
      const actors = new Set(all.flatMap((entry) => (entry.kind === 'rescanned' ? [entry.actor] : [])));
      assert.deepEqual([...actors].sort(), storeOfThread === file ? ['thread', 'watch'] : ['watch']);
      assert.equal((await replayed(small.ledger)).length, names.length * 2);
      await agreesWithLog(small.ledger);
    } finally {
      await small.close();
      store.close();
    }
  }
  assert.deepEqual(counts, [names.length * 2, names.length * 2]);
});
