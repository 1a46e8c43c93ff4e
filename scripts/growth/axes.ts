/** A place on an axis, and what stands there. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Whole numbers from 0 to at least `most`, some five of them, in steps of 1, 2 or 5. */
export function countTicks(most: number, about = 5): Tick[] {
  const raw = Math.max(1, most / about);
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, Math.round(magnitude * ([1, 2, 5, 10].find((n) => n * magnitude >= raw) ?? 10)));
  const ticks: Tick[] = [];
  for (let at = 0; ; at += step) {
    ticks.push({ at, text: at.toLocaleString('en-US') });
    if (at >= most) return ticks;
  }
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `21 Aug 2026`, UTC. */
export function dayText(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** Round moments (UTC) between two, at most `most`: years, months, days or hours. */
export function timeTicks(fromMs: number, toMs: number, most = 12): Tick[] {
  const spanMs = toMs - fromMs;
  if (spanMs > 60 * dayMs) {
    const step = [1, 3, 6, 12, 24, 60, 120].find((n) => spanMs / (n * 30 * dayMs) <= most) ?? 240;
    const ticks: Tick[] = [];
    const start = new Date(fromMs).getUTCFullYear() * 12;
    for (let month = start; ; month++) {
      const at = Date.UTC(Math.floor(month / 12), month % 12);
      if (at > toMs) return ticks;
      if (at < fromMs || month % step !== 0) continue;
      const year = String(Math.floor(month / 12));
      const name = months[month % 12] ?? '';
      ticks.push({ at, text: step >= 12 ? year : month % 12 === 0 ? `${name} ${year}` : name });
    }
  }
  const step = [hourMs, 3 * hourMs, 6 * hourMs, 12 * hourMs, dayMs, 2 * dayMs, 7 * dayMs].find(
    (n) => spanMs / n <= most,
  );
  const every = step ?? 14 * dayMs;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(fromMs / every) * every; at <= toMs; at += every) {
    const date = new Date(at);
    const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
    const isMidnight = at % dayMs === 0;
    ticks.push({ at, text: isMidnight ? day : `${String(date.getUTCHours()).padStart(2, '0')}:00` });
  }
  return ticks;
}
