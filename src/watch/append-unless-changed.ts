import type { Reader } from '../ledger/database/database.ts';
import type { Fact } from '../ledger/fact.ts';
import type { Appended, Ledger, Moment } from '../ledger/ledger.ts';
import type { Source } from '../ledger/queries/changed-components.ts';

/** Number of the last entry that changed what is known, or what there is to know it of. */
async function knowledgeVersion(reader: Reader): Promise<number> {
  const [rescan, inventory] = [
    await reader.selectFrom('rescan').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst(),
    await reader.selectFrom('inventory').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst(),
  ];
  return Math.max(rescan?.id ?? -1, inventory?.id ?? -1);
}

const mostTries = 2;

/**
 * Works something out from what is known, and appends it. `work` runs while others may write; where one of them changed what it
 * rests on, it is done again, and at last while nobody else can write. `facts` gives what is to be appended.
 */
export async function appendUnlessChanged<T>(
  ledger: Ledger,
  actor: string,
  work: (source: Source) => Promise<T>,
  facts: (worked: T, moment: Moment) => Promise<readonly Fact[]>,
): Promise<{ appended: Appended; worked: T }> {
  const { database } = ledger;
  for (let tries = 1; tries <= mostTries; tries++) {
    const version = await knowledgeVersion(ledger.reader);
    const worked = await work(ledger);
    let changed = false;
    const appended = await ledger.append(actor, async (moment) => {
      changed = (await knowledgeVersion(moment.tx)) !== version;
      return changed ? [] : await facts(worked, moment);
    });
    if (!changed) return { appended, worked };
  }
  let last: { worked: T } | null = null;
  const appended = await ledger.append(actor, async (moment) => {
    const worked = await work({ reader: moment.tx, database });
    last = { worked };
    return await facts(worked, moment);
  });
  if (last === null) throw new TypeError('nothing was worked out');
  const { worked } = last as { worked: T };
  return { appended, worked };
}
