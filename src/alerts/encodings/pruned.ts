/** What JSON can hold. */
export type JsonValue = string | number | boolean | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A tree that may have holes. */
export type Holed = string | number | boolean | null | undefined | readonly Holed[] | { readonly [key: string]: Holed };

/** Without what is null, undefined, or an object or list of nothing else. */
export function pruned(tree: { readonly [key: string]: Holed }): JsonObject {
  const result = withoutHoles(tree);
  return typeof result === 'object' && !Array.isArray(result) ? (result as JsonObject) : {};
}

function withoutHoles(value: Holed): JsonValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const list = value.map(withoutHoles).filter((v) => v !== undefined);
    return list.length === 0 ? undefined : list;
  }
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const kept = withoutHoles(inner);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
