/**
 * Name and version of a key: `/ms/2.1.2`, `/@a/b/1.0.0_react@18.2.0` (version 5), `/ms@2.1.2(peer@1.0.0)` (6),
 * `ms@2.1.2(peer@1.0.0)` (9), each perhaps after a registry's host. Null where there is no version in it.
 */
export function nameAndVersion(key: string): { readonly name: string; readonly version: string } | null {
  const plain = withoutPeers(key);
  const slash = plain.indexOf('/');
  // Before version 9 a key starts with a slash, or with the host of a registry that is not the default.
  const host = slash > 0 && !plain.startsWith('@') && /^[^@]*\.[^@]*$/.test(plain.slice(0, slash));
  const text = plain.startsWith('/') || host ? plain.slice(slash + 1) : plain;
  const nameEnd = text.startsWith('@') ? text.indexOf('/') + 1 : 0;
  const at = text.slice(nameEnd).search(/[@/]/);
  if (at <= 0) return null;
  const rest = text.slice(nameEnd + at + 1);
  // In version 5 peers follow an underscore, which no version has.
  const peers = rest.indexOf('_');
  return { name: text.slice(0, nameEnd + at), version: peers < 0 ? rest : rest.slice(0, peers) };
}

/** The key without the peers in brackets: what `packages` of version 9 is keyed by. */
export function withoutPeers(key: string): string {
  const peers = key.indexOf('(');
  return peers < 0 ? key : key.slice(0, peers);
}

/** Keys that a reference may stand for, best first: itself (alias, address), or a version to be put behind its name. */
export function refKeys(name: string, ref: string): readonly string[] {
  return [ref, `${name}@${ref}`, `/${name}@${ref}`, `/${name}/${ref}`];
}
