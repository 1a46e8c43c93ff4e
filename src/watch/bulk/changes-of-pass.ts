import type { Ledger } from '../../ledger/ledger.ts';
import { severityLevels } from '../../model/advisory.ts';
import { type Change, type Changes, changeKinds, changesOf, mostListed, noChanges, type PassRef } from '../changes.ts';

/** Worst first, as in the changes of one entry. */
function compare(a: Change, b: Change): number {
  const [x, y] = [a.after ?? a.before, b.after ?? b.before];
  const texts = (c: Change) => `${c.vulnerability}\0${c.component}`;
  return (
    Number(y?.exploited ?? false) - Number(x?.exploited ?? false) ||
    severityLevels.indexOf(x?.severity ?? 'unknown') - severityLevels.indexOf(y?.severity ?? 'unknown') ||
    (y?.score ?? -1) - (x?.score ?? -1) ||
    changeKinds.indexOf(a.kind) - changeKinds.indexOf(b.kind) ||
    (texts(a) < texts(b) ? -1 : texts(a) > texts(b) ? 1 : 0)
  );
}

/** What a pass of several entries changed, in all. */
export async function changesOfPass(ledger: Ledger, passes: readonly PassRef[]): Promise<Changes> {
  const [only] = passes;
  if (only !== undefined && passes.length === 1) return await changesOf(ledger, only);
  const { running, notRunning } = noChanges();
  const sums = { running: { ...running }, notRunning: { ...notRunning } };
  let listed: Change[] = [];
  for (const pass of passes) {
    const changes = await changesOf(ledger, pass);
    for (const kind of changeKinds) {
      sums.running[kind] += changes.running[kind];
      sums.notRunning[kind] += changes.notRunning[kind];
    }
    listed = [...listed, ...changes.listed].sort(compare).slice(0, mostListed);
  }
  return { listed, ...sums };
}
