import type { Sink } from '../sink.ts';
import { webhook } from './webhook/index.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [webhook as Sink];
