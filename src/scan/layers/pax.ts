/** Parses the records of a pax extended header (POSIX.1-2001 pax, "pax Extended Header"). Null where they are malformed. */
export function parsePax(bytes: Buffer): ReadonlyMap<string, string> | null {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let digits = at;
    for (; digits < bytes.length && digits - at < 8; digits++) {
      const byte = bytes[digits] ?? 0;
      if (byte < 0x30 || byte > 0x39) break;
      length = length * 10 + byte - 0x30;
    }
    const end = at + length;
    if (digits === at || bytes[digits] !== 0x20 || end > bytes.length || end <= digits || bytes[end - 1] !== 0x0a)
      return null;
    const equals = bytes.indexOf(0x3d, digits + 1);
    if (equals < 0 || equals >= end) return null;
    const key = bytes.toString('utf8', digits + 1, equals);
    // An empty value takes the record back, so that the header's own field holds.
    if (equals + 1 === end - 1) records.delete(key);
    else records.set(key, bytes.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}
