export const dayMs = 86_400_000;

const units: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['d', dayMs],
  ['w', 7 * dayMs],
]);

/** `12h`, `5d`, `2w` in milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const parts = /^(\d{1,5})([hdw])$/.exec(text);
  const unit = units.get(parts?.[2] ?? '');
  return parts === null || unit === undefined ? null : Number(parts[1]) * unit;
}

/** `14 days`, `12 hours`. */
export function durationInWords(ms: number): string {
  const [count, word] = ms % dayMs === 0 ? [ms / dayMs, 'day'] : [ms / 3_600_000, 'hour'];
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The first instant after a day (YYYY-MM-DD, UTC) in milliseconds; null where there is no such day. */
export function endOfDay(day: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null;
  const start = Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes 31 February for a day in March.
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day) return null;
  return start + dayMs;
}
