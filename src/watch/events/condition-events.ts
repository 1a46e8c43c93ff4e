import type { Condition } from '../../ledger/document-shapes.ts';
import type { ConditionsChanged } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readConditions } from '../../ledger/read-documents.ts';
import { endingDecisions } from './decision-events.ts';
import { changeDraft, type Draft, type Origin } from './draft.ts';
import { touchedBy } from './running.ts';
import { runningOf, runningWith } from './touching.ts';
import { placeWords } from './words.ts';

type State = 'began' | 'ended';

/** What began or ended to hold, for each service that it touches. */
export async function* conditionEvents(ledger: Ledger, fact: ConditionsChanged, at: Origin): AsyncGenerator<Draft> {
  const { began, ended } = readConditions(await ledger.documents.get(fact.conditions), fact.conditions);
  // Where only the level changed (7 days left, then 1), the end of the former is not told.
  const again = new Set(began.map((c) => `${c.what}\0${c.subject}`));
  for (const one of began) yield* eventsOf(ledger, one, 'began', at);
  for (const one of ended) {
    if (!again.has(`${one.what}\0${one.subject}`)) yield* eventsOf(ledger, one, 'ended', at);
  }
}

async function* eventsOf(ledger: Ledger, condition: Condition, state: State, at: Origin): AsyncGenerator<Draft> {
  const { what, subject, level, detail } = condition;
  if (what === 'decision-expiring') {
    yield* endingDecisions(ledger, [Number(subject)], at, { change: what, state, daysLeft: Number(level) });
    return;
  }
  const told = String(detail['message'] ?? `${what.replaceAll('-', ' ')}: ${subject}`);
  const message = state === 'ended' ? `no longer: ${told}` : told;
  if (what === 'epss') {
    // Over the bound since it became known: told as new, with its figure.
    if (detail['crossed'] === false) return;
    const vulnerability = {
      ...{ id: subject, aliases: [], published: null, summary: '', ratedBy: null, vector: null, exploitation: [] },
      epss: typeof detail['probability'] === 'number' ? detail['probability'] : null,
    };
    for (const { component, runs } of await runningWith(ledger, [subject], at)) {
      for (const touched of touchedBy(runs)) {
        const where = placeWords(touched.service, touched.environment);
        const words = `${message}, ${component} in ${where}`;
        yield changeDraft({
          change: what,
          state,
          subject,
          message: words,
          detail,
          component,
          vulnerability,
          ...touched,
        });
      }
    }
    return;
  }
  if (what === 'end-of-life') {
    for (const touched of touchedBy(await runningOf(ledger, subject, at))) {
      const words = `${message}, in ${placeWords(touched.service, touched.environment)}`;
      yield changeDraft({ change: what, state, subject, message: words, detail, ...touched });
    }
    return;
  }
  yield changeDraft({ change: what, state, subject, message, detail });
}
