import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { storePaths } from '../../../advisories/paths.ts';
import { openStore } from '../../../advisories/store/open.ts';
import { openBulk } from '../../../watch/bulk/rows.ts';
import { helpRescan } from '../../../watch/rescan.ts';
import type { Office } from './office.ts';

const lookEveryMs = 1_000;

/** Takes parts of a rescan that another process planned: many watches beside one database share what is much. */
export function helpWithRescans({ ledger, home, actor, signal, journal, news }: Office): () => Promise<void> {
  return async () => {
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
    const { store: file } = storePaths(home);
    if (signal.aborted || (await openBulk(ledger.reader)) === null || !existsSync(file)) return;
    const store = openStore(file);
    try {
      const done = await helpRescan(ledger, store, actor, { signal });
      if (done === 0) return;
      journal.info('rescan', `helped with ${done} parts of a rescan`, { parts: done });
      news.wake();
    } finally {
      store.close();
    }
  };
}
