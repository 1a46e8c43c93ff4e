/** `Debian` of `Debian:12`: a feed holds all releases of an ecosystem. */
export function baseEcosystem(ecosystem: string): string {
  const colon = ecosystem.indexOf(':');
  return colon < 0 ? ecosystem : ecosystem.slice(0, colon);
}

/** PEP 503 holds for Python: `Jw.Util` and `jw_util` are one project. Elsewhere a name is what the ecosystem says. */
export function lookupName(ecosystem: string, name: string): string {
  return ecosystem === 'PyPI' ? name.replace(/[-_.]+/g, '-').toLowerCase() : name;
}
