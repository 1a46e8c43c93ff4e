import { writeWhole } from '../../../files/write-whole.ts';
import { forever, formatInstant } from '../../../ledger/instant.ts';
import { artifactOf } from '../../../ledger/queries/artifact-of.ts';
import { readInventory } from '../../../ledger/read-documents.ts';
import { CodedError } from '../../../model/errors.ts';
import type { Digest } from '../../../model/inventory.ts';
import { many } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { tell } from '../../tell.ts';
import { withLedger } from '../../with-ledger.ts';
import { timeOf } from './question.ts';

interface SbomFlags extends Omit<LedgerFlags, 'format'> {
  readonly asOf?: string;
}

const mostProblems = 10;

/**
 * `kvitto sbom ARTIFACT|SERVICE`: the SBOM as it was recorded, byte for byte. What it does not cover is told on standard error,
 * and ends with 3.
 */
export async function sbomCommand(subject: string, flags: SbomFlags, context: CallContext): Promise<number> {
  const asked = timeOf(flags.asOf, '--as-of');
  return await withLedger(flags, context, { command: 'sbom', mode: 'read' }, async (ledger, { present, progress }) => {
    const asOf = asked ?? present;
    const { digest } = await artifactOf(ledger, subject, asOf);
    const found = await ledger.reader
      .selectFrom('inventory as i')
      .innerJoin('artifact as a', 'a.id', 'i.artifact')
      .select(['i.document', 'i.sbom', 'i.known_from', 'i.known_to'])
      .where('a.digest', '=', digest)
      .where('i.known_from', '<=', asOf)
      .orderBy('i.id', 'desc')
      .executeTakeFirst();
    if (found === undefined) {
      throw new CodedError(
        'not-in-ledger',
        `${digest} was not recorded by ${formatInstant(asOf)}: it has no SBOM in the ledger`,
        {
          remedy: 'kvitto record TARGET, while the artifact can still be had',
        },
      );
    }
    const bytes = await ledger.documents.get(found.sbom as Digest);
    const { problems, components } = readInventory(
      await ledger.documents.get(found.document as Digest),
      found.document as Digest,
    );
    progress.done();
    if (flags.output === undefined) process.stdout.write(bytes);
    else writeWhole(flags.output, bytes);
    const until =
      found.known_to >= forever || found.known_to > asOf ? '' : `, replaced on ${formatInstant(found.known_to)}`;
    tell(
      `${many(components.length, 'component')} of ${digest}, as recorded on ${formatInstant(found.known_from)}${until}; document ${found.sbom}`,
    );
    for (const p of problems.slice(0, mostProblems)) tell(`not covered: ${p.where}: ${p.code}: ${p.message}`);
    if (problems.length > mostProblems) tell(`not covered: ${problems.length - mostProblems} more parts`);
    return problems.length === 0 ? exitCodes.done : exitCodes.cannotSay;
  });
}
