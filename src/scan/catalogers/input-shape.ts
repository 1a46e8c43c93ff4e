/** The value as an object, or null. Its keys are an attacker's: read them with `own`, or through `Object.entries`. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

/** What the input itself says under this key; never what a prototype says (`constructor`). */
export function own(record: Readonly<Record<string, unknown>> | null, key: string): unknown {
  return record !== null && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The object under this key, or null. */
export function ownRecord(record: Readonly<Record<string, unknown>> | null, key: string) {
  return recordOf(own(record, key));
}

/** The text under this key, or null. */
export function ownText(record: Readonly<Record<string, unknown>> | null, key: string): string | null {
  const value = own(record, key);
  return typeof value === 'string' ? value : null;
}

/** The list under this key; empty where there is none. */
export function ownList(record: Readonly<Record<string, unknown>> | null, key: string): readonly unknown[] {
  const value = own(record, key);
  return Array.isArray(value) ? value : [];
}

/** The keys of an object; empty for anything else. */
export function keysOf(value: unknown): readonly string[] {
  const record = recordOf(value);
  return record === null ? [] : Object.keys(record);
}

/** The first few of many, for a message: `a, b, c and 4 more`. */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
