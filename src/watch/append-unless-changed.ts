import type { Appended, Ledger, Moment } from '../ledger/ledger.ts';
import type { Source } from '../ledger/queries/changed-components.ts';
import type { Told } from './learn.ts';

const mostTries = 3;

/**
 * Works something out from what is known, and appends it. `work` runs while others may write; where `facts` gives null, because one
 * of them changed what it rests on, it is done again, and at last while nobody else can write: then `facts` must not refuse.
 */
export async function appendUnlessChanged<T>(
  ledger: Ledger,
  actor: string,
  work: (source: Source, tries: number) => Promise<T>,
  facts: (worked: T, moment: Moment, isAlone: boolean) => Promise<readonly Told[] | null>,
): Promise<{ appended: Appended; worked: T }> {
  const { database } = ledger;
  const by = (told: readonly Told[]) => told.map((each) => ({ ...each, actor }));
  for (let tries = 1; tries <= mostTries; tries++) {
    const worked = await work(ledger, tries);
    let changed = false;
    const appended = await ledger.appendAs(async (moment) => {
      const told = await facts(worked, moment, false);
      changed = told === null;
      return by(told ?? []);
    });
    if (!changed) return { appended, worked };
  }
  let last: { worked: T } | null = null;
  const appended = await ledger.appendAs(async (moment) => {
    const worked = await work({ reader: moment.tx, database }, mostTries + 1);
    last = { worked };
    const told = await facts(worked, moment, true);
    if (told === null) throw new TypeError('refused, though nobody else writes');
    return by(told);
  });
  if (last === null) throw new TypeError('nothing was worked out');
  const { worked } = last as { worked: T };
  return { appended, worked };
}
