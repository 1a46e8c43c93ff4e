import type { SeverityLevel } from '../../model/advisory.ts';

/** A fact in two words: `Owner`, `team-shop`. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** One change of an alert. */
export interface Row {
  /** `new`, `exploited`, `severity high → critical` … */
  readonly what: string;
  /** The vulnerability, or what the change is about. */
  readonly title: string;
  /** Where a person reads of it; null where its id is none of a known list. */
  readonly href: string | null;
  readonly level: SeverityLevel | null;
  /** `critical 9.8, exploited`. */
  readonly rated: string;
  /** `openssl 3.0.1`. */
  readonly component: string;
  /** `3.0.2`, `no fix yet`. */
  readonly fix: string;
  readonly summary: string;
}

/** Something to do, and the command for it. */
export interface Step {
  readonly say: string;
  readonly command: string | null;
}

export interface Link {
  readonly label: string;
  readonly href: string;
}

/**
 * An event in words, the same for every sink. All text is one line each, without control characters, and clipped; it is not
 * escaped: what shows it does that, and only what shows it knows how.
 */
export interface Words {
  /** Of the event. */
  readonly id: string;
  readonly tone: 'alarm' | 'good' | 'news';
  readonly level: SeverityLevel | null;
  readonly subject: string;
  /** What happened, in a sentence. */
  readonly lead: string;
  readonly facts: readonly Fact[];
  /** The worst changes, at most `mostRows`. */
  readonly rows: readonly Row[];
  /** That there are more, and how to see them; null where there are not. */
  readonly more: Step | null;
  readonly steps: readonly Step[];
  readonly links: readonly Link[];
}

/** Most changes that a message lists. */
export const mostRows = 20;

/** With so many rows alone, and that the others are left out. */
export function withFewer(words: Words, rows: number): Words {
  const out = words.rows.length - rows;
  if (out <= 0) return words;
  const said = `${out} more are left out here, since the message would be too long`;
  const more =
    words.more === null ? { say: said, command: null } : { ...words.more, say: `${said}; ${words.more.say}` };
  return { ...words, rows: words.rows.slice(0, rows), more };
}
