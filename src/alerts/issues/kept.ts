import { z } from 'zod';

/** Most alerts of a thread whose end is waited for. */
const mostOpen = 100;

const shape = z.strictObject({
  /** Number or name of the issue; null before it is known. */
  issue: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .nullable(),
  /** Numbers of the alerts that are not resolved. The issue is closed with the last of them. */
  open: z.array(z.int()).max(mostOpen),
  /** Id of the last event that stands in it. */
  said: z.string().max(100),
  /** For which event, and when (Unix ms), one began to open it. Whether it is there has to be looked up. */
  opening: z.strictObject({ event: z.string().max(100), at: z.number() }).nullable(),
});

/** What is kept of a thread between deliveries. */
export type Kept = z.output<typeof shape>;

export const nothingKept: Kept = { issue: null, open: [], said: '', opening: null };

/** What was kept; nothing where the text is not of this program. */
export function readKept(text: string | null): Kept {
  if (text === null) return nothingKept;
  try {
    return shape.safeParse(JSON.parse(text)).data ?? nothingKept;
  } catch {
    return nothingKept;
  }
}

/** With an alert more; of too many, the eldest is not waited for. */
export function withAlert(open: readonly number[], alert: number): number[] {
  return [...open.filter((n) => n !== alert), alert].slice(-mostOpen);
}
