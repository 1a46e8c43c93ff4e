/** The four states of a vulnerability in a product, in the words of OpenVEX 0.2.0. */
export const vexStatuses = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;
export type VexStatus = (typeof vexStatuses)[number];

/** Why a product is not affected: the labels of OpenVEX 0.2.0, which are those of CSAF's flags. */
export const justifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;
export type Justification = (typeof justifications)[number];

/** A statement about a vulnerability, as a person made it or a VEX document states it. */
export interface Statement {
  /** Id of the vulnerability as it was named. */
  readonly vulnerability: string;
  /** Its other ids, sorted. */
  readonly aliases: readonly string[];
  /**
   * purls of components, sorted; empty: everything in the scope. An identifier of another kind in a foreign document
   * is kept as it is: it names nothing that we know, and so it never widens the statement.
   */
  readonly components: readonly string[];
  /** What it is about: digests of artifacts, purls of products (`pkg:oci/…`), sorted; empty: all. Foreign ones as above. */
  readonly products: readonly string[];
  readonly status: VexStatus;
  readonly justification: Justification | null;
  /** The label as the foreign document had it, where the mapping loses something (`protected_at_perimeter`). */
  readonly originalJustification: string | null;
  /** Why it is so: OpenVEX's impact statement, or the reason of any other status. */
  readonly impact: string | null;
  /** What is done about it: OpenVEX's action statement. */
  readonly action: string | null;
  readonly author: string | null;
  /** RFC 3339. */
  readonly madeAt: string | null;
  /** RFC 3339, or a date: from then on somebody has to look again. */
  readonly reviewBy: string | null;
}

/** Longest id of a vulnerability. */
export const maxVulnerabilityIdLength = 100;
/** Longest text of an impact or action, in UTF-16 units: an entry of the log has room for 64 KiB in all. */
export const maxStatementTextLength = 16_384;
/** Longest identifier of a component or product. */
export const maxIdentifierLength = 4096;

const cveId = /^CVE-\d{4}-\d{4,19}$/;
const ghsaId = /^GHSA(?:-[0-9a-z]{4}){3}$/;
const otherId = /^[A-Za-z][A-Za-z0-9]*(?:[-:._+][A-Za-z0-9]+)+$/;

/** What is wrong with the id of a vulnerability, in words; null where it has the shape of a CVE, GHSA or other OSV id. */
export function vulnerabilityIdFault(text: string): string | null {
  if (text === '') return 'the id of the vulnerability is empty';
  if (text.length > maxVulnerabilityIdLength)
    return `the id of the vulnerability is longer than ${maxVulnerabilityIdLength} characters`;
  if (/^CVE-/i.test(text)) return cveId.test(text) ? null : 'a CVE id is written CVE-2024-12345';
  if (/^GHSA-/i.test(text)) return ghsaId.test(text) ? null : 'a GHSA id is written GHSA-2345-6789-cfgh, in lower case';
  if (otherId.test(text) && /\d/.test(text)) return null;
  return 'the id of a vulnerability is written like CVE-2024-12345, GHSA-2345-6789-cfgh or DSA-5417-1';
}

/** Whether a text has the shape of a vulnerability's id. The input may be an attacker's. */
export function isVulnerabilityId(text: string): boolean {
  return vulnerabilityIdFault(text) === null;
}

/** Whether a word is one of the four states. */
export function isVexStatus(word: string): word is VexStatus {
  return vexStatuses.some((status) => status === word);
}

/** Whether a word is one of the five labels. */
export function isJustification(word: string): word is Justification {
  return justifications.some((label) => label === word);
}

/**
 * Why a statement may not stand, in words that name the field and the option; empty: it may. The rules of OpenVEX 0.2.0
 * on what must accompany each status, and limits. https://github.com/openvex/spec
 */
export function statementFaults(s: Statement): string[] {
  return [...idFaults(s), ...companionFaults(s), ...textFaults(s), ...timeFaults(s)];
}

function idFaults(s: Statement): string[] {
  const id = vulnerabilityIdFault(s.vulnerability);
  const aliases = s.aliases.filter((alias) => !isVulnerabilityId(alias)).length;
  const unfit = [...s.components, ...s.products].filter((text) => !isIdentifier(text)).length;
  return [
    ...(id === null ? [] : [`vulnerability: ${id}`]),
    ...(aliases === 0 ? [] : [`aliases: ${aliases} of them are no ids of vulnerabilities`]),
    ...(unfit === 0
      ? []
      : [
          `components, products (--component, --service): ${unfit} of them are empty, longer than ${maxIdentifierLength} characters or hold characters that cannot be printed`,
        ]),
  ];
}

/** Whether a text can name a component or product: one line, printable, not too long. */
export function isIdentifier(text: string): boolean {
  return text.length > 0 && text.length <= maxIdentifierLength && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text);
}

function companionFaults(s: Statement): string[] {
  const faults: string[] = [];
  if (!isVexStatus(s.status)) faults.push(`status (--status): must be one of ${vexStatuses.join(', ')}`);
  if (s.justification !== null && !isJustification(s.justification))
    faults.push(`justification (--justification): must be one of ${justifications.join(', ')}`);
  if (s.justification !== null && s.status !== 'not_affected')
    faults.push(`justification (--justification): goes with status not_affected only, not with ${s.status}`);
  if (s.status === 'not_affected' && s.justification === null && isBlank(s.impact))
    faults.push('justification (--justification) or impact (--reason): status not_affected needs one of them');
  if (s.status === 'affected' && isBlank(s.action))
    faults.push('action (--action): status affected needs words on what is done about it');
  return faults;
}

function isBlank(text: string | null): boolean {
  return text === null || text.trim() === '';
}

// Line ends and tabs belong to a text; all else may steer a terminal or be refused by a database.
const uncontrolled = /[[\p{Cc}\p{Cs}]--[\n\t]]/v;

function textFaults(s: Statement): string[] {
  const texts = [
    ['impact (--reason)', s.impact, maxStatementTextLength],
    ['action (--action)', s.action, maxStatementTextLength],
    ['author (--owner)', s.author, 256],
    ['originalJustification', s.originalJustification, 256],
  ] as const;
  return texts.flatMap(([name, text, most]) => {
    if (text === null) return [];
    if (text.length > most)
      return [
        `${name}: ${text.length} characters, more than the ${most} allowed; put the rest into a file (--evidence)`,
      ];
    return uncontrolled.test(text) ? [`${name}: holds control characters`] : [];
  });
}

function timeFaults(s: Statement): string[] {
  const faults: string[] = [];
  if (s.madeAt !== null && !isInstant(s.madeAt)) faults.push('madeAt: must be a time as 2026-01-31T12:00:00Z');
  if (s.reviewBy !== null && !isInstant(s.reviewBy) && !isDay(s.reviewBy))
    faults.push('reviewBy (--until): must be a date as 2026-01-31 or a time as 2026-01-31T12:00:00Z');
  return faults;
}

/** Whether a text is an instant of RFC 3339 that exists in the calendar. */
export function isInstant(text: string): boolean {
  const parts = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  return parts !== null && isDay(parts[1] ?? '') && !Number.isNaN(Date.parse(text));
}

/** Whether a text is a day of the calendar, YYYY-MM-DD. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const start = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes 31 February for a day in March.
  return !Number.isNaN(start) && new Date(start).toISOString().slice(0, 10) === text;
}
