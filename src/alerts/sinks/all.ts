import type { Sink } from '../sink.ts';
import { mattermost } from './mattermost/index.ts';
import { slack } from './slack/index.ts';
import { smtp } from './smtp/index.ts';
import { teams } from './teams/index.ts';
import { webhook } from './webhook/index.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [
  webhook as Sink,
  smtp as Sink,
  slack as Sink,
  teams as Sink,
  mattermost as Sink,
];
