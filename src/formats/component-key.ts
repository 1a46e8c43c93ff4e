import { createHash } from 'node:crypto';
import { parsePurl } from '../model/purl.ts';

/** Type, namespace and name of a purl: what stays the same from version to version, release to release, image to image. */
export function componentKey(purl: string): string {
  const parsed = parsePurl(purl);
  if (parsed === null) return purl;
  return [parsed.type, parsed.namespace, parsed.name].filter((part) => part !== null).join('/');
}

/** The ecosystem's word in a purl (`deb`, `npm`); `?` where the purl is none. */
export function purlType(purl: string): string {
  const slash = purl.indexOf('/');
  return purl.startsWith('pkg:') && slash > 4 ? purl.slice(4, slash) : '?';
}

/** The source package that a component was built from, and its version: that of `upstream`, else the component's own. */
export function sourceOf(purl: string, name: string, version: string): { name: string; version: string } {
  const upstream = purl.includes('upstream=') ? parsePurl(purl)?.qualifiers['upstream'] : undefined;
  if (upstream === undefined || upstream === '') return { name, version };
  const at = upstream.indexOf('@', 1);
  return at < 0 ? { name: upstream, version } : { name: upstream.slice(0, at), version: upstream.slice(at + 1) };
}

/** SHA-256 of a text in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A UUID (RFC 9562, version 8: own derivation) that is a function of the text alone. */
export function uuidOf(text: string): string {
  const hex = sha256(text);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
