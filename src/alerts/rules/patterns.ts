/** Whether a name fits a pattern in which `*` stands for any letters, none too. Linear for one `*`, and never worse than pattern × name. */
export function fits(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Whether a name fits one of several patterns. Nothing has no name, and fits none. */
export function fitsOne(patterns: readonly string[], name: string | null): boolean {
  return name !== null && patterns.some((pattern) => fits(pattern, name));
}
