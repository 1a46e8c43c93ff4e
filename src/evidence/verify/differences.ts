/** A place in JSON where two values differ. */
export interface JsonDifference {
  /** `known.vulnerabilities[3].firstKnown` */
  readonly at: string;
  readonly is: unknown;
  readonly should: unknown;
}

const most = 20;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Where `is`, which may be anything, differs from `should`. Goes no deeper than `should` does. */
export function differences(is: unknown, should: unknown): JsonDifference[] {
  const found: JsonDifference[] = [];
  const visit = (a: unknown, b: unknown, at: string): void => {
    if (found.length >= most) return;
    if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) {
      if (a !== b) found.push({ at: at || 'the top', is: a, should: b });
      return;
    }
    const keys = new Set([...Object.keys(b), ...Object.keys(a)]);
    for (const key of keys) {
      const place = Array.isArray(b) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`;
      visit(Object.hasOwn(a, key) ? a[key] : undefined, Object.hasOwn(b, key) ? b[key] : undefined, place);
    }
  };
  visit(is, should, '');
  return found;
}

/** A value, short enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (!isObject(value)) return JSON.stringify(value) ?? 'nothing';
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}
