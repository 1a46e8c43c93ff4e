import type { AlertEvent, ChangeEvent, KvittoEvent } from '../../model/event.ts';
import { clean, counted, daysBetween, moment, webAddress } from './clean.ts';
import { componentWords, countWords, rowOf } from './rows.ts';
import { alertSteps, upgradeSteps, whereStep } from './steps.ts';
import { type Fact, type Link, mostRows, type Words } from './words.ts';

/** An event in words. `link`: address of a page about it, null for none. */
export function wordsOf(event: KvittoEvent, link: string | null): Words {
  if (event.type === 'alert') return alertWords(event, link);
  if (event.type === 'change') return changeWords(event, link);
  return {
    id: event.id,
    tone: 'news',
    level: null,
    subject: clean(event.message, 160) || event.type,
    lead: clean(event.message, 600) || event.type,
    facts: [
      ...placeFacts(event),
      { label: 'By', value: clean(event.actor, 100) },
      { label: 'Recorded', value: moment(event.at) },
    ],
    rows: [],
    more: null,
    steps: [],
    links: pageLink(link),
  };
}

/** What stands in place of words that could not be made. Of the event nothing but its id is used. */
export function fallbackWords(event: KvittoEvent): Words {
  const id = clean(String(event.id), 80);
  return {
    id,
    tone: 'news',
    level: null,
    subject: `Event ${id} of the log`,
    lead: `Event ${id} was recorded, but it could not be put into words. It stands in the log: the second number of its id is that of the entry.`,
    facts: [],
    rows: [],
    more: null,
    steps: [],
    links: [],
  };
}

const stateWords = {
  raised: '',
  escalated: 'Not acknowledged: ',
  acknowledged: 'Acknowledged: ',
  resolved: 'Resolved: ',
};

function alertWords(event: AlertEvent, link: string | null): Words {
  const { state, alert, changes, total } = event;
  const shown = changes.slice(0, mostRows);
  const worst = changes[0];
  const first = worst === undefined ? clean(event.rule, 60) : headline(worst);
  const rest = total > 1 ? ` and ${total - 1} more` : '';
  const rated = `${capital(event.severity)}${event.exploited ? ', exploited' : ''}`;
  return {
    id: event.id,
    tone: state === 'resolved' ? 'good' : state === 'acknowledged' ? 'news' : 'alarm',
    level: event.severity,
    subject: clean(`${stateWords[state]}${rated}: ${first}${rest} in ${placeWords(event)}`, 180),
    lead: clean(event.message, 600) || `Rule ${clean(event.rule, 100)}`,
    facts: alertFacts(event),
    rows: state === 'resolved' ? [] : shown.map(rowOf),
    more:
      total > shown.length && state !== 'resolved'
        ? { say: `and ${total - shown.length} more:`, command: `kvitto alerts show ${alert}` }
        : null,
    steps: alertSteps(event),
    links: pageLink(link),
  };
}

function alertFacts(event: AlertEvent): Fact[] {
  const { changes, state } = event;
  const since = changes.flatMap((c) => c.since ?? []).sort()[0];
  const known = changes.flatMap((c) => c.vulnerability?.exploitation ?? []);
  const due = known.flatMap((e) => e.due ?? []).sort()[0];
  const sources = [...new Set(known.map((e) => e.source))].sort().join(', ');
  const exploited = `yes${sources === '' ? '' : `, listed by ${sources}`}${due === undefined ? '' : `, due ${clean(due, 20)}`}`;
  const days = since === undefined ? null : daysBetween(since, event.at);
  const containers = Math.max(-1, ...changes.map((c) => c.containers ?? -1));
  const deployments = Math.max(0, ...changes.map((c) => c.deployments));
  return [
    ...placeFacts(event),
    { label: 'Owner', value: event.owner === null ? 'nobody is named' : clean(event.owner, 100) },
    { label: 'Severity', value: event.severity },
    { label: 'Exploited', value: event.exploited ? exploited : 'not that anybody says' },
    { label: 'Changes', value: countWords(event.counts) || String(event.total) },
    ...(since === undefined
      ? []
      : [{ label: 'Runs since', value: `${moment(since)}${days === null ? '' : ` (${counted(days, 'day')})`}` }]),
    ...(deployments === 0
      ? []
      : [
          {
            label: 'Running',
            value: `${counted(deployments, 'deployment')}${containers < 0 ? '' : `, ${counted(containers, 'container')} seen`}`,
          },
        ]),
    { label: 'Alert', value: `${event.alert}, raised ${moment(event.raised)} by the rule ${clean(event.rule, 100)}` },
    ...(state === 'acknowledged' && event.acknowledgedBy !== null
      ? [{ label: 'Acknowledged', value: `by ${clean(event.acknowledgedBy, 100)}, ${moment(event.at)}` }]
      : []),
    ...(state === 'resolved' ? [{ label: 'Resolved', value: moment(event.at) }] : []),
  ];
}

function changeWords(event: ChangeEvent, link: string | null): Words {
  const row = rowOf(event);
  const ended = event.state === 'ended' || event.after === null;
  return {
    id: event.id,
    tone: event.state === 'ended' || event.change === 'gone' || event.change === 'withdrawn' ? 'good' : 'news',
    level: row.level,
    subject: clean(`${capital(row.what)}: ${headline(event)} in ${placeWords(event)}`, 180),
    lead: clean(event.message, 600) || row.what,
    facts: [
      ...placeFacts(event),
      ...(event.since === null ? [] : [{ label: 'Runs since', value: moment(event.since) }]),
      { label: 'Recorded', value: moment(event.at) },
    ],
    rows: [row],
    more: null,
    steps: ended ? [] : [...upgradeSteps([event]), ...whereStep([event])],
    links: pageLink(link),
  };
}

function headline({ vulnerability, subject, component }: ChangeEvent): string {
  const id = clean(vulnerability?.id ?? subject, 60);
  return component === null ? id : `${id} in ${clean(componentWords(component), 60)}`;
}

type Place = Pick<KvittoEvent, 'service' | 'environment'>;

function placeWords({ service, environment }: Place): string {
  if (service === null) return environment === null ? 'all that runs' : clean(environment, 60);
  return `${clean(service, 60)}${environment === null ? '' : ` (${clean(environment, 60)})`}`;
}

function placeFacts({ service, environment }: Place): Fact[] {
  return [
    ...(service === null ? [] : [{ label: 'Service', value: clean(service, 100) }]),
    ...(environment === null ? [] : [{ label: 'Environment', value: clean(environment, 100) }]),
  ];
}

function pageLink(link: string | null): Link[] {
  const href = webAddress(link);
  return href === null ? [] : [{ label: 'Evidence', href }];
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
