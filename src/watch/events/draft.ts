import type { Instant } from '../../ledger/instant.ts';
import type { ChangeEvent, KvittoEvent } from '../../model/event.ts';

type Stamp = 'id' | 'at' | 'entry' | 'place' | 'actor';

type WithoutStamp<E> = E extends KvittoEvent ? Omit<E, Stamp> : never;

/** An event without what its entry and place add. */
export type Draft = WithoutStamp<KvittoEvent>;

/** The entry that events come from. */
export interface Origin {
  readonly index: number;
  readonly recorded: Instant;
  readonly actor: string;
}

type ChangeDraft = Omit<ChangeEvent, Stamp>;

const nothing: Omit<ChangeDraft, 'change' | 'subject' | 'message'> = {
  type: 'change',
  state: 'began',
  service: null,
  environment: null,
  vulnerability: null,
  component: null,
  artifact: null,
  artifacts: 0,
  deployments: 0,
  deployment: null,
  containers: null,
  owner: null,
  since: null,
  before: null,
  after: null,
  detail: {},
};

/** A change; what is not given it has not. */
export function changeDraft(
  given: Pick<ChangeDraft, 'change' | 'subject' | 'message'> & Partial<ChangeDraft>,
): ChangeDraft {
  return { ...nothing, ...given };
}
