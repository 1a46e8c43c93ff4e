import type { ConfiguredSink } from '../../../alerts/config/config.ts';
import { cursorName } from '../../../alerts/relay/cursors.ts';
import { exitCodeOfFailure, exitCodes } from '../../exit-codes.ts';
import { type CycleLoop, cycleJob } from './cycle-loop.ts';
import { failureOf, tellFailure } from './failures.ts';
import { lookAgainMs, type Office, whileHeld } from './office.ts';
import { passRules } from './rules-loop.ts';
import { deliver } from './serve-sink.ts';
import { heldUntil } from './stay-alive.ts';

/** Who was started by cron does not wait long for a receiver: the next run does. */
const patienceMs = 1_000;

/**
 * One cycle now, the rules, and deliveries until nothing is left or a receiver asks for patience. 0; 3 where something could not be assessed; 4 where a
 * sink could not be reached; the code of the failure where the cycle failed.
 */
export async function once(office: Office, cycles: CycleLoop | null): Promise<number> {
  const { leases, config } = office;
  const stop = heldUntil(office);
  try {
    let code: number = exitCodes.done;
    if (cycles !== null) {
      code = await oneCycle(office, cycles);
      await passRules(office);
    }
    const delivered = await Promise.all(config.sinks.map((sink) => drain(office, sink)));
    if (code === exitCodes.done && delivered.includes(false)) code = exitCodes.failure;
    return code;
  } finally {
    stop();
    await leases.release();
  }
}

/** Waits for another process that is at a cycle, and then does one. Its exit code. */
async function oneCycle({ leases, signal, asked }: Office, cycles: CycleLoop): Promise<number> {
  await leases.make(cycleJob, 0);
  await leases.request(cycleJob);
  while (!signal.aborted) {
    const ran = await cycles.run();
    if (ran.end === 'done') return ran.result.gaps.length > 0 ? exitCodes.cannotSay : exitCodes.done;
    if (ran.end === 'failed') return ran.failure === null ? exitCodes.bug : exitCodeOfFailure[ran.failure.code];
    await asked.wait(lookAgainMs, asked.count, signal);
  }
  return exitCodes.done;
}

/** Whether all that was there is delivered, here or by another process that serves the sink. */
async function drain(office: Office, sink: ConfiguredSink): Promise<boolean> {
  const name = cursorName(sink.name);
  let drained = true;
  try {
    await whileHeld(office, name, async ({ claim }) => {
      const { end } = await deliver(office, sink, { fence: { job: name, claim }, afresh: true, patienceMs });
      drained = end === 'drained';
      return end === 'lost' && (await office.leases.look(name))?.claim === claim;
    });
  } catch (thrown) {
    tellFailure(office.journal, 'sink', await failureOf(office.ledger, thrown));
    return false;
  }
  return drained;
}
