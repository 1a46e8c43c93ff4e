import type { z } from 'zod';
import type { KvittoEvent } from '../model/event.ts';

/** What a sink delivers with. */
export interface SinkContext {
  /** The name that the configuration gives the sink. */
  readonly name: string;
  /** `kvitto/0.1.0`. */
  readonly tool: string;
  readonly now: () => Date;
  /** Ends the delivery: the process is to end, or it took too long. */
  readonly signal: AbortSignal;
  /** Address of a page about an event; null where the configuration names no base. */
  readonly link: (event: KvittoEvent) => string | null;
  /** What this sink keeps of a thread between deliveries: the number of the issue that it opened. At most 2,000 characters. */
  readonly memory: ThreadMemory;
}

export interface ThreadMemory {
  get(thread: string): Promise<string | null>;
  /** Null forgets it. Written at once: it outlives the process. */
  set(thread: string, value: string | null): Promise<void>;
}

/** How far a delivery came. */
export interface Delivery {
  /** So many events, from the first on, were confirmed by the receiver. */
  readonly delivered: number;
  /**
   * What the one after those met; null where all were delivered. `refused`: the receiver will never take it (it is kept as a dead letter, and the next one's turn
   * comes). `later`: to be tried again, not before `afterMs` where the receiver says so. Messages name the place and hold no secret.
   */
  readonly stopped:
    | { readonly why: 'refused'; readonly message: string }
    | { readonly why: 'later'; readonly message: string; readonly afterMs: number | null }
    | null;
}

/** A place that events go to. `C`: its settings as they stand in kvitto.yaml, parsed. */
export interface Sink<C = unknown> {
  /** Equals its folder under `sinks/`, and `type` in kvitto.yaml. */
  readonly id: string;
  /** One line for `kvitto alerts sinks` and the docs. */
  readonly summary: string;
  /** Strict: an unknown key is refused. Without `type` and `events`, which every sink has. */
  readonly settings: z.ZodType<C>;
  /** For people (mail, chat, issues): gets alerts alone unless asked for more. For machines: everything. */
  readonly audience: 'people' | 'machines';
  /** Most events of one delivery. */
  readonly mostAtOnce: number;
  /**
   * Delivers events in their order. At least once: what a former call delivered, or may have, comes again after a kill. Never throws for what a receiver does;
   * a throw is a bug, and is treated as `later`.
   */
  deliver(events: readonly KvittoEvent[], settings: C, context: SinkContext): Promise<Delivery>;
}
