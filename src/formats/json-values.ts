/** The object that an unknown value is, by own keys; null for everything else, arrays too. The input may be an attacker's. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** The value of an own key, so that `constructor` and `__proto__` find nothing that the document does not hold. */
export function own(object: Readonly<Record<string, unknown>> | null, key: string): unknown {
  return object !== null && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The text under a key; null where there is none or it is empty. */
export function textAt(object: Readonly<Record<string, unknown>> | null, key: string): string | null {
  const value = own(object, key);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The list under a key; empty where there is none. */
export function listAt(object: Readonly<Record<string, unknown>> | null, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value : [];
}

/** The object under a key; null where there is none. */
export function objectAt(
  object: Readonly<Record<string, unknown>> | null,
  key: string,
): Readonly<Record<string, unknown>> | null {
  return asObject(own(object, key));
}

/** The texts of a list, everything else left out. */
export function textsOf(list: readonly unknown[]): string[] {
  return list.filter((entry) => typeof entry === 'string');
}

/** What a text holds as JSON; undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
