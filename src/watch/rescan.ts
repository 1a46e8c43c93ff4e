import type { Reader } from '../ledger/database/database.ts';
import type { Rescanned } from '../ledger/fact.ts';
import type { Appended, Ledger } from '../ledger/ledger.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import { learn } from './learn.ts';

export interface RescanResult {
  readonly appended: Appended;
  readonly rescanned: Rescanned;
}

const mostTries = 5;

/** Number of the last entry that changed what is known, or what there is to know it of. */
export async function knowledgeVersion(reader: Reader): Promise<number> {
  const rescan = await reader.selectFrom('rescan').select('id').orderBy('id', 'desc').executeTakeFirst();
  const inventory = await reader.selectFrom('inventory').select('id').orderBy('id', 'desc').executeTakeFirst();
  return Math.max(rescan?.id ?? -1, inventory?.id ?? -1);
}

/**
 * Holds everything that the ledger knows against the store as it is now, and records what that changes. The work is done while
 * others may write; where one of them changed what it rests on, it is done again.
 */
export async function rescan(ledger: Ledger, store: AdvisoryStore, actor: string): Promise<RescanResult> {
  for (let tries = 1; ; tries++) {
    const version = await knowledgeVersion(ledger.reader);
    const { facts, rescanned } = await learn(ledger, store, 'all', []);
    let outdated = false;
    const appended = await ledger.append(actor, async ({ tx }) => {
      outdated = (await knowledgeVersion(tx)) !== version;
      return outdated ? [] : facts;
    });
    if (!outdated) return { appended, rescanned };
    if (tries >= mostTries) throw new Error('others kept changing what the rescan rests on');
  }
}
