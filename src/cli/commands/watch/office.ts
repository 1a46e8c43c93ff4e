import type { AlertConfig } from '../../../alerts/config/config.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Claim, Leases } from '../../../watch/jobs/leases.ts';
import type { Schedule } from '../../../watch/jobs/schedule.ts';
import type { Journal } from './journal.ts';
import type { Wake } from './wake.ts';

/** What all that runs in a watch has in common. */
export interface Office {
  readonly ledger: Ledger;
  readonly config: AlertConfig;
  readonly leases: Leases;
  readonly schedule: Schedule;
  readonly journal: Journal;
  /** `kvitto/0.1.0`. */
  readonly tool: string;
  readonly home: string;
  readonly actor: string;
  readonly signal: AbortSignal;
  /** Something was recorded. */
  readonly news: Wake;
  /** Somebody asked for a cycle. */
  readonly asked: Wake;
}

/** How long who waits for a job that another holds, or for a time that may be changed, waits before it looks again. */
export const lookAgainMs = 1_000;

/** Work that is done for as long as the claim of its job is held: until `turn` says `false`, the claim is lost, or the end. */
export async function whileHeld(
  { leases, signal }: Pick<Office, 'leases' | 'signal'>,
  name: string,
  turn: (claim: Claim) => Promise<boolean>,
): Promise<boolean> {
  if ((await leases.look(name)) === null) await leases.make(name, 0);
  const claim = await leases.claim(name);
  if (claim === null) return false;
  try {
    while (!signal.aborted && (await turn(claim)));
    return true;
  } finally {
    leases.drop(claim);
  }
}
