/** What nobody sees, or what turns the writing round: control and format characters, line separators, halves of pairs. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu;

/** Text of a feed, a name or a person in one line that shows what it holds; at most so many characters, `…` where it was cut. Never escaped. */
export function clean(text: string, most = 300): string {
  // Four times as much is looked at, so that blanks do not use up the room; the rest is not looked at.
  const chars = [
    ...text
      .slice(0, most * 4)
      .replace(unseen, ' ')
      .trim(),
  ];
  return chars.length > most
    ? `${chars
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
    : chars.join('');
}

/** An id that may stand in a command to copy: nothing in it means anything to a shell. */
export function isPlainId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.:_-]{0,99}$/.test(id);
}

/** An address that may stand behind a link: http or https, in ASCII, without a name and password; null otherwise. */
export function webAddress(link: string | null): string | null {
  const url = link === null || link.length > 2000 ? null : URL.parse(link);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  if (url.username !== '' || url.password !== '') return null;
  return /^[A-Za-z0-9\-._~:/?#@&+,;=%]+$/.test(url.href) ? url.href : null;
}

/** `2026-08-21 10:00 UTC`; what is no time is cleaned and clipped. */
export function moment(at: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(at) && at.endsWith('Z')
    ? `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
    : clean(at, 40);
}

/** Whole days between two times; null where one is none. */
export function daysBetween(from: string, until: string): number | null {
  const days = Math.floor((Date.parse(until) - Date.parse(from)) / 86_400_000);
  return Number.isFinite(days) && days >= 0 ? days : null;
}

/** `1 day`, `3 days`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
