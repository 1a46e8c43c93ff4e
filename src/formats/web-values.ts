// The characters of a URI (https://www.rfc-editor.org/rfc/rfc3986#section-2) without brackets, which only a host may hold.
const uri = /^https?:\/\/[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+$/;

/** The links of a feed that a report may carry, as URIs in ASCII: http or https, and nothing else. */
export function webLinks(links: readonly string[]): string[] {
  return links.flatMap((link) => {
    const href = URL.parse(link)?.href ?? '';
    return uri.test(href) && !/%(?![0-9A-Fa-f]{2})/.test(href) ? [href] : [];
  });
}

/** A time as RFC 3339; null where the text is none, so that a document stays valid whatever a feed says. */
export function timeOrNull(text: string | null): string | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  return Number.isNaN(Date.parse(text)) ? null : text;
}
