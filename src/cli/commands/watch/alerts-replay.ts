import { setCursor } from '../../../alerts/relay/cursors.ts';
import type { Instant } from '../../../ledger/instant.ts';
import { parseInstant } from '../../../ledger/instant.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { readEntries } from '../../../ledger/read-entries.ts';
import { CodedError } from '../../../model/errors.ts';
import { alertConfigFrom } from '../../alert-config.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { many } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { withLedger } from '../../with-ledger.ts';
import { sinkNamed } from './alerts-test.ts';

interface ReplayFlags extends LedgerFlags {
  readonly config?: string;
  readonly from: string;
}

/** `kvitto alerts replay SINK --from ENTRY|TIME`: sets a sink to an entry, so that it is told from there on. */
export async function replayCommand(name: string, flags: ReplayFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const sink = sinkNamed(alertConfigFrom(flags.config).sinks, name);
  const from = /^\d{1,15}$/.test(flags.from) ? Number(flags.from) : { time: parseInstant(flags.from, '--from') };
  return await withLedger(flags, context, { command: 'alerts replay', mode: 'write' }, async (ledger, { progress }) => {
    const { size } = await ledger.state();
    const entry = typeof from === 'number' ? from : await firstSince(ledger, from.time, size);
    if (entry > size) {
      throw new CodedError('usage', `--from: there is no entry ${entry}; the log has ${size}`, {
        remedy: `0 to ${size}, where ${size} means: only what comes`,
      });
    }
    await setCursor(ledger, sink.name, entry, context.clock().getTime());
    progress.done();
    writeAnswer(flags, {
      document: { schema: 'kvitto-alerts-replay-1', sink: sink.name, entry, entries: size - entry },
      lines: ({ paint }) => [
        paint.heading(`${sink.name} is told from entry ${entry} on: ${many(size - entry, 'entry', 'entries')}`),
        'What it had before comes again, with the ids that it had.',
        '',
        'Next: kvitto watch delivers it; kvitto alerts sinks shows how far it is',
      ],
    });
    return exitCodes.done;
  });
}

/** The first entry that was recorded at a moment or later; the size of the log where none was. The times of entries never go back. */
async function firstSince(ledger: Ledger, time: Instant, size: number): Promise<number> {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const recorded = (await readEntries(ledger, [middle])).get(middle)?.recorded ?? '';
    if (Date.parse(recorded) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
