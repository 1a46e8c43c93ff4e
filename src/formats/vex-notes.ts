import { isDay, isInstant } from '../model/decision.ts';

/** What no VEX format has a field for, and what must not get lost: an acceptance without its end would be a stronger one. */
export interface Notes {
  readonly reviewBy: string | null;
  readonly originalJustification: string | null;
  readonly action: string | null;
}

const head = 'Noted by kvitto:\n';
const names = { 'Review by': 'reviewBy', 'Original justification': 'originalJustification', Action: 'action' } as const;
const none: Notes = { reviewBy: null, originalJustification: null, action: null };

/** A text with the notes under it, for people to read and for `takeNotes` to take off; null where there is neither. */
export function withNotes(text: string | null, notes: Notes): string | null {
  const lines = Object.entries(names).flatMap(([name, key]) => {
    const value = notes[key];
    return value === null ? [] : [`${name}: ${value.replaceAll('\n', '\n  ')}`];
  });
  if (lines.length === 0) return text;
  const block = head + lines.join('\n');
  return text === null ? block : `${text}\n\n${block}`;
}

/** Takes the notes off a text. What is not wholly in their form belongs to the text: it is somebody else's. */
export function takeNotes(whole: string | null): Notes & { readonly text: string | null } {
  if (whole === null) return { text: null, ...none };
  const last = whole.lastIndexOf(`\n\n${head}`);
  const from = last >= 0 ? last + 2 : whole.startsWith(head) ? 0 : -1;
  const notes = from < 0 ? null : parsed(whole.slice(from + head.length));
  if (notes === null) return { text: whole, ...none };
  return { text: from === 0 ? null : whole.slice(0, last), ...notes };
}

function parsed(block: string): Notes | null {
  const found: Record<keyof Notes, string | null> = { ...none };
  for (const line of block.replaceAll('\n  ', '\r').split('\n')) {
    const at = line.indexOf(': ');
    const name = line.slice(0, Math.max(at, 0));
    if (!Object.hasOwn(names, name)) return null;
    const key = names[name as keyof typeof names];
    const value = line.slice(at + 2).replaceAll('\r', '\n');
    if (value === '' || found[key] !== null) return null;
    found[key] = value;
  }
  const { reviewBy } = found;
  return reviewBy === null || isDay(reviewBy) || isInstant(reviewBy) ? found : null;
}
