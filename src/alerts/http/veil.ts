import { clip } from '../../model/problem.ts';

const mask = '[…]';
/** What is shorter would stand in every second word. */
const leastLength = 4;

/** Keeps what is secret out of the words of a receiver, which may send back what it got. */
export class Veil {
  readonly #hidden = new Set<string>();
  #tooShort = false;

  /** A secret, as it is and as a receiver may have it written. */
  hide(secret: string): void {
    if (secret === '') return;
    if (secret.length < leastLength) this.#tooShort = true;
    else for (const form of formsOf(secret)) this.#hidden.add(form);
  }

  /** Path and query of an address, the places of tokens in it one by one, and the password. */
  hideAddress(url: URL): void {
    this.hide(url.password);
    this.hide(decoded(url.password));
    if (url.password !== '') this.hide(`${decoded(url.username)}:${decoded(url.password)}`);
    const parts = [url.pathname + url.search, url.pathname, url.search, ...url.searchParams.values()];
    const segments = url.pathname.split('/').filter((segment) => segment.length >= 8);
    for (const part of [...parts, ...segments]) if (part.length >= leastLength) this.hide(part);
  }

  /** Text of a receiver, fit to be quoted: without secrets, printable, short. Empty where nothing may be quoted. */
  quote(text: string): string {
    if (this.#tooShort) return '';
    let clean = text;
    // The longest first: a path before its parts.
    for (const form of [...this.#hidden].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, mask);
    return clip(clean.trim(), 200);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const bytes = Buffer.from(secret);
  return [
    secret,
    json,
    json.replaceAll('/', '\\/'),
    encodeURIComponent(secret.toWellFormed()),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
}
