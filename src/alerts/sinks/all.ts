import type { Sink } from '../sink.ts';
import { alertmanager } from './alertmanager/index.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { file } from './file/index.ts';
import { github } from './github/index.ts';
import { gitlab } from './gitlab/index.ts';
import { jira } from './jira/index.ts';
import { loki } from './loki/index.ts';
import { mattermost } from './mattermost/index.ts';
import { otlp } from './otlp/index.ts';
import { slack } from './slack/index.ts';
import { smtp } from './smtp/index.ts';
import { stdout } from './stdout/index.ts';
import { syslog } from './syslog/index.ts';
import { teams } from './teams/index.ts';
import { webhook } from './webhook/index.ts';

/** All sinks, in the order in which they are listed. Held against the folders by a test. */
export const allSinks: readonly Sink[] = [
  file,
  stdout,
  syslog,
  otlp,
  elasticsearch,
  loki,
  webhook,
  alertmanager,
  smtp,
  slack,
  teams,
  mattermost,
  github,
  gitlab,
  jira,
];
