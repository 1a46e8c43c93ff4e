/** A value of OTLP in JSON: 64-bit integers are strings there. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** What can stand in JSON, as a value; null for null and for what is not there. */
export function anyValue(value: unknown): AnyValue | null {
  if (value === null || value === undefined) return null;
  // A lone surrogate cannot be encoded in UTF-8, and would end the parsing of everything that comes with it.
  if (typeof value === 'string') return { stringValue: value.toWellFormed() };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue).filter((one) => one !== null) } };
  return { kvlistValue: { values: keyValues(Object(value)) } };
}

/** The properties that have a value. */
export function keyValues(object: Readonly<Record<string, unknown>>): KeyValue[] {
  return Object.entries(object).flatMap(([key, one]) => {
    const value = anyValue(one);
    return value === null ? [] : [{ key, value }];
  });
}
