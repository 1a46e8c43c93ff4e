import { buildPack } from '../../../evidence/pack.ts';
import { writeZip } from '../../../evidence/zip/write-zip.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import { jsonText } from '../../../formats/json-text.ts';
import { formatInstant, parseInstant } from '../../../ledger/instant.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { checkFormat } from '../../answers/answer.ts';
import { many, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { policyFrom } from '../../target-options.ts';
import { withLedger } from '../../with-ledger.ts';

interface EvidenceFlags extends LedgerFlags {
  readonly from: string;
  readonly to?: string;
  readonly env?: string;
  readonly asOf?: string;
  readonly output: string;
  readonly wholeLog?: boolean;
  readonly policy?: string;
}

/** `kvitto evidence SERVICE --from T --to T -o PACK.zip`: what answers the four questions for one service and period, with proofs. */
export async function evidenceCommand(service: string, flags: EvidenceFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const from = parseInstant(flags.from, '--from');
  const to = flags.to === undefined ? null : parseInstant(flags.to, '--to');
  const asOf = flags.asOf === undefined ? null : parseInstant(flags.asOf, '--as-of');
  if (flags.output === '' || flags.output.endsWith('/')) {
    throw new CodedError('usage', `-o ${clip(flags.output)}: no place for a pack`, {
      remedy: 'name a new file: -o pack.zip',
    });
  }
  const { maxDbAgeMs: maxFeedAgeMs } = await policyFrom(flags.policy);
  return await withLedger(
    flags,
    context,
    { command: 'evidence', mode: 'write' },
    async (ledger, { present, progress }) => {
      progress.step("writing the log's files");
      await ledger.publish();
      const known = asOf ?? present;
      const request = { service, environment: flags.env ?? null, from, to: to ?? known, asOf: known, maxFeedAgeMs };
      progress.step('putting the pack together');
      const { files, manifest } = await buildPack(ledger, request, { wholeLog: flags.wholeLog === true });
      const bytes = writeZip(files);
      writeWhole(flags.output, bytes);
      progress.done();
      const { environment } = request;
      const span = { from: formatInstant(request.from), to: formatInstant(request.to), asOf: formatInstant(known) };
      if (flags.format === 'json') {
        const { length } = bytes;
        const document = {
          schema: 'kvitto-evidence-1',
          file: flags.output,
          sizeBytes: length,
          service,
          environment,
          ...span,
        };
        process.stdout.write(jsonText({ ...document, wholeLog: flags.wholeLog === true, files: manifest.files }));
        return exitCodes.done;
      }
      const where = environment === null ? '' : ` in ${environment}`;
      process.stdout.write(
        `${[
          `Evidence for ${service}${where}, ${when(request.from)} to ${when(request.to)} UTC, as known on ${when(known)} UTC`,
          `Pack        ${flags.output}, ${many(files.length, 'file')}, ${bytes.length.toLocaleString('en-US')} bytes`,
          'Read        index.html in it, with any browser and without a network',
          '',
          `Next: kvitto verify ${flags.output}   on any machine, offline`,
          '      give the public key (keys/log.pub) to whoever checks it by another way than the pack',
        ].join('\n')}\n`,
      );
      return exitCodes.done;
    },
  );
}
