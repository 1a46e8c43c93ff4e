export interface Leaf {
  /** `event.id`; without places in lists. */
  readonly path: string;
  readonly value: string | number | boolean;
  readonly inList: boolean;
}

/** Every value of a document that is no object and no list. */
export function leavesOf(document: unknown, path = '', inList = false): Leaf[] {
  if (Array.isArray(document)) return document.flatMap((each) => leavesOf(each, path, true));
  if (typeof document === 'object' && document !== null) {
    return Object.entries(document).flatMap(([key, each]) =>
      leavesOf(each, path === '' ? key : `${path}.${key}`, inList),
    );
  }
  if (typeof document === 'string' || typeof document === 'number' || typeof document === 'boolean') {
    return [{ path, value: document, inList }];
  }
  throw new TypeError(`${path} is ${String(document)}`);
}
