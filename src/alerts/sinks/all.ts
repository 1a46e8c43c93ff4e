import type { Sink } from '../sink.ts';
import { file } from './file/index.ts';
import { stdout } from './stdout/index.ts';
import { syslog } from './syslog/index.ts';
import { webhook } from './webhook/index.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [file as Sink, stdout as Sink, syslog as Sink, webhook as Sink];
import { alertmanager } from './alertmanager/index.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { loki } from './loki/index.ts';
import { otlp } from './otlp/index.ts';
import { webhook } from './webhook/index.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [otlp, elasticsearch, loki, webhook, alertmanager];
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
