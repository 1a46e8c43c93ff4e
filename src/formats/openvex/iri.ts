const prefix = 'urn:kvitto:name:';

/** An identifier as an IRI: itself where it is one, else behind a prefix of our own. */
export function iriOf(text: string): string {
  return URL.canParse(text) && !text.startsWith(prefix) && /^[!#$&-;=?-Z_a-z~%]+$/.test(text)
    ? text
    : prefix + encodeURIComponent(text);
}

/** The identifier that `iriOf` made an IRI of. The input may be an attacker's. */
export function textOfIri(iri: string): string {
  if (!iri.startsWith(prefix)) return iri;
  try {
    return decodeURIComponent(iri.slice(prefix.length));
  } catch {
    return iri;
  }
}
