/** Something that JSON calls an object. Read it by names that the code knows, never by names from the input. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object, or null where it is anything else. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The value as a list; absent and null are the empty list, anything else is null. */
export function asList(value: unknown): readonly unknown[] | null {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : null;
}

/** The value as text, or null where it is anything else. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const timestamp = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * A time of a feed as RFC 3339 in UTC. Takes a date alone (its midnight), slashes instead of hyphens (EU KEV), an offset,
 * and a time without an offset, which NVD means as UTC. Null where the text is no such time.
 */
export function asInstant(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 40) return null;
  const parts = timestamp.exec(value.replaceAll('/', '-'));
  if (parts === null) return null;
  const [, date = '', time = '00:00:00', fraction, zone = 'Z'] = parts;
  const plain = `${date}T${time}${fraction === undefined ? '' : `.${fraction}`}`;
  const millis = Date.parse(zone === 'Z' ? `${date}T${time}Z` : `${date}T${time}${zone.slice(0, 3)}:${zone.slice(-2)}`);
  if (Number.isNaN(millis)) return null;
  // The 31st of February rolls over silently in Date.parse; such a date is no date.
  const utc = new Date(millis).toISOString();
  if (zone === 'Z') return utc.startsWith(`${date}T${time}`) ? `${plain}Z` : null;
  return utc.replace('.000Z', 'Z');
}
