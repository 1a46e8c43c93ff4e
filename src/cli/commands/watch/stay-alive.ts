import { failureOf, tellFailure } from './failures.ts';
import type { Office } from './office.ts';
import { beat } from './watchman.ts';

/** Often enough that two of them may fail before a lease is lost. */
const renewEveryMs = 8_000;

/** Renews all leases of this process, and its heartbeat, until it is called. */
export function heldUntil({ ledger, leases, journal, signal }: Office): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy || signal.aborted) return;
    busy = true;
    (async () => {
      await leases.renew();
      await beat(ledger, leases);
    })()
      .catch(async (thrown: unknown) => {
        if (!signal.aborted) tellFailure(journal, 'lease', await failureOf(ledger, thrown));
      })
      .finally(() => {
        busy = false;
      });
  }, renewEveryMs);
  return () => clearInterval(timer);
}
