import type { Sink } from '../sink.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [];
