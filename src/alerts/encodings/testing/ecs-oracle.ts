import { officialText } from '../../../formats/testing/schemas.ts';
import { leavesOf } from './leaves.ts';

export interface EcsField {
  readonly type: string;
  readonly isArray: boolean;
}

/** The official list of fields, by name; null where it is not there. */
export function ecsFields(skip: (reason: string) => void): ReadonlyMap<string, EcsField> | null {
  const text = officialText('ecs/fields.csv', skip);
  if (text === null) return null;
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    // The columns that count stand before the first that may be quoted.
    .map((line) => line.split(','))
    .map((c) => [c[3] ?? '', { type: c[4] ?? '', isArray: c[6] === 'array' }] as const);
  return new Map(rows);
}

const dates = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
  date: (v) => typeof v === 'string' && dates.test(v),
  keyword: (v) => typeof v === 'string',
  wildcard: (v) => typeof v === 'string',
  match_only_text: (v) => typeof v === 'string',
  long: (v) => Number.isSafeInteger(v),
  float: (v) => typeof v === 'number' && Number.isFinite(v),
};

/** Words that ECS allows for the four fields that sort events, and which types go with a category. */
const words: Readonly<Record<string, ReadonlySet<unknown>>> = {
  'event.kind': new Set(['alert', 'asset', 'enrichment', 'event', 'metric', 'state', 'pipeline_error', 'signal']),
  'event.category': new Set(['package', 'process', 'vulnerability', 'configuration', 'host']),
  'event.outcome': new Set(['success', 'failure', 'unknown']),
};
const typesOf: Readonly<Record<string, readonly string[]>> = {
  vulnerability: ['info'],
  package: ['access', 'change', 'deletion', 'info', 'installation', 'start'],
  process: ['access', 'change', 'end', 'info', 'start'],
};

/** What is wrong with a document as ECS; empty: nothing. Fields under `kvitto` are our own. */
export function ecsFaults(document: unknown, fields: ReadonlyMap<string, EcsField>): string[] {
  const faults: string[] = [];
  const at = new Map<string, unknown[]>();
  for (const { path, value, inList } of leavesOf(document)) {
    if (path.startsWith('kvitto.')) continue;
    at.set(path, [...(at.get(path) ?? []), value]);
    const field = fields.get(path);
    if (field === undefined) faults.push(`${path} is no field of ECS`);
    else if (fits[field.type]?.(value) !== true) faults.push(`${path} is ${JSON.stringify(value)}, no ${field.type}`);
    else if (field.isArray !== inList) faults.push(`${path} ${inList ? 'is a list' : 'is no list'}`);
    if (words[path]?.has(value) === false) faults.push(`${path} must not be ${JSON.stringify(value)}`);
  }
  for (const path of ['@timestamp', 'ecs.version', 'message', 'event.id', 'event.kind', 'event.type']) {
    if (!at.has(path)) faults.push(`${path} is missing`);
  }
  const category = at.get('event.category')?.[0];
  const types = typeof category === 'string' ? typesOf[category] : undefined;
  for (const type of at.get('event.type') ?? []) {
    if (types?.includes(String(type)) === false)
      faults.push(`event.type ${String(type)} is not for ${String(category)}`);
  }
  return faults;
}
