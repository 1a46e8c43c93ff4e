const firstMs = 1_000;
/** The longest pause between two attempts, where the receiver does not ask for a longer one. */
export const longestPauseMs = 15 * 60_000;
const leastMs = 100;
const longestAskedMs = 24 * 60 * 60_000;

/**
 * How long to wait after so many attempts in a row (at least 1) that failed, in milliseconds: any time up to a bound that doubles, from 1 s to 15 min, so
 * that many who failed together do not come back together. `askedMs`: at least so long, where the receiver said so, up to a day.
 */
export function pauseMs(attempts: number, askedMs: number | null, random: () => number): number {
  const bound = Math.min(longestPauseMs, firstMs * 2 ** Math.min(attempts - 1, 20));
  const own = Math.max(leastMs, Math.round(random() * bound));
  if (askedMs === null || !(askedMs > 0)) return own;
  return Math.min(longestAskedMs, Math.round(askedMs)) + Math.min(own, 1_000);
}

/**
 * Whether an event was tried for long enough. Not by the clock alone, which may have jumped: also about as often as belongs to such a time.
 */
export function isGivenUp(
  failing: { readonly forMs: number; readonly attempts: number },
  keepTryingMs: number,
): boolean {
  const least = Math.max(3, Math.floor(keepTryingMs / longestPauseMs / 2));
  return failing.forMs >= keepTryingMs && failing.attempts >= least;
}
