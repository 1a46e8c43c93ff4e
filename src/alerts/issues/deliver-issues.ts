import type { AlertEvent, KvittoEvent } from '../../model/event.ts';
import type { Delivery, SinkContext } from '../sink.ts';
import { tell } from '../words/tell.ts';
import { threadKey } from '../words/thread-key.ts';
import type { Words } from '../words/words.ts';
import { type Kept, nothingKept, readKept, withAlert } from './kept.ts';
import { Halt, type IssueLook, type Stopped, type Tracker } from './tracker.ts';

/**
 * Keeps one issue for each thread: opened with its first alert, commented with each further one, closed when all of its alerts are resolved, opened again by a later one.
 * Before an issue is opened it is kept that one is about to be; so whoever comes after a kill in between looks for it, and does not open a second. `settleMs`: so long after
 * that, one that is not found may still turn up, since a tracker's search lags behind.
 */
export async function deliverIssues(
  events: readonly KvittoEvent[],
  tracker: Tracker,
  context: SinkContext,
  settleMs: number,
): Promise<Delivery> {
  for (const [delivered, event] of events.entries()) {
    const stopped = await deliverOne(event, { tracker, context, settleMs });
    if (stopped !== null) return { delivered, stopped };
  }
  return { delivered: events.length, stopped: null };
}

interface Stage {
  readonly tracker: Tracker;
  readonly context: SinkContext;
  readonly settleMs: number;
}

async function deliverOne(event: KvittoEvent, stage: Stage): Promise<Stopped | null> {
  if (event.type !== 'alert') {
    const message = `an issue is opened for an alert, not for an event of type ${event.type}: leave it out of the sink's events`;
    return { why: 'refused', message };
  }
  try {
    const kept = await issueOf(event, stage);
    if (kept === null) return await openFor(event, stage);
    if (await tellIn(kept, event, stage)) return null;
    // Somebody deleted it: it is as if there had been none.
    await stage.context.memory.set(event.thread, null);
    return await openFor(event, stage);
  } catch (error) {
    if (error instanceof Halt) return error.stopped;
    throw error;
  }
}

/** What is kept of the thread's issue, looked up in the tracker where it is not known; null where there is none. Halts where it may still turn up. */
async function issueOf(event: AlertEvent, { tracker, context, settleMs }: Stage): Promise<Kept | null> {
  const kept = readKept(await context.memory.get(event.thread));
  if (kept.issue !== null) return kept;
  const found = await tracker.find(threadKey(event));
  const { opening } = kept;
  if (found !== null) {
    // Opened for this very event by one that was killed: what it has to say stands in it.
    const own = opening?.event === event.id;
    const adopted = { issue: found, open: own ? [event.alert] : [], said: own ? event.id : '', opening: null };
    await keep(event, adopted, context);
    return adopted;
  }
  const waitMs = opening === null ? 0 : opening.at + settleMs - context.now().getTime();
  if (waitMs > 0 && waitMs <= settleMs) {
    const message = 'an issue may have been opened before this process began: it is looked for once more';
    throw new Halt({ why: 'later', message, afterMs: waitMs }, false);
  }
  return null;
}

/** Opens an issue; for news that nobody has to act on any more, none. */
async function openFor(event: AlertEvent, { tracker, context }: Stage): Promise<null> {
  if (event.state === 'acknowledged' || event.state === 'resolved') return null;
  const opening = { event: event.id, at: context.now().getTime() };
  await keep(event, { ...nothingKept, opening }, context);
  try {
    const words = wordsFor(event, context);
    const issue = await tracker.open(threadKey(event), lookOf(event, words), words);
    await keep(event, { issue, open: [event.alert], said: event.id, opening: null }, context);
    return null;
  } catch (error) {
    if (error instanceof Halt && !error.maybe) await context.memory.set(event.thread, null);
    throw error;
  }
}

/** Says in an issue what became of an alert; false where the issue is gone. */
async function tellIn(kept: Kept, event: AlertEvent, { tracker, context }: Stage): Promise<boolean> {
  if (kept.issue === null) return false;
  const { state, alert } = event;
  const words = wordsFor(event, context);
  if (kept.said !== event.id && !(await tracker.comment(kept.issue, words))) return false;
  const open =
    state === 'resolved'
      ? kept.open.filter((n) => n !== alert)
      : state === 'acknowledged'
        ? kept.open
        : withAlert(kept.open, alert);
  await keep(event, { ...kept, open, said: event.id }, context);
  if (state === 'acknowledged') return true;
  if (state === 'resolved') return open.length > 0 || (await tracker.update(kept.issue, null, 'closed'));
  return await tracker.update(kept.issue, lookOf(event, words), 'open');
}

function keep(event: AlertEvent, kept: Kept, { memory }: SinkContext): Promise<void> {
  return memory.set(event.thread, JSON.stringify(kept));
}

function wordsFor(event: AlertEvent, { link }: SinkContext): Words {
  return tell(event, link, (words) => words);
}

/** The title says what is wrong, whatever became of it last. */
function lookOf(event: AlertEvent, words: Words): IssueLook {
  const title =
    event.state === 'raised'
      ? words.subject
      : tell(
          { ...event, state: 'raised' },
          () => null,
          (w) => w.subject,
        );
  return { title, severity: event.severity };
}
