import type { Sink } from '../sink.ts';
import { alertmanager } from './alertmanager/index.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { loki } from './loki/index.ts';
import { otlp } from './otlp/index.ts';
import { webhook } from './webhook/index.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [otlp, elasticsearch, loki, webhook, alertmanager];
