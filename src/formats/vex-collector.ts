import {
  isInstant,
  isVulnerabilityId,
  type Justification,
  maxStatementTextLength,
  type Statement,
  statementFaults,
  type VexStatus,
  vulnerabilityIdFault,
} from '../model/decision.ts';
import { clip, type Problem, type ProblemCode, sortProblems } from '../model/problem.ts';
import type { VexDocument } from './vex-format.ts';
import { type Place, type Scope, scopesOf, unique } from './vex-scope.ts';

/** Most statements that one document gives. */
export const maxStatements = 100_000;
/** Most mentions of products and components in one document, each counted each time. */
export const maxPlaces = 1_000_000;
/** Most characters of the texts that a document gives its statements, which may share one. */
const maxTexts = 32 * 1024 * 1024;
const maxAliases = 100;

/** A statement as a document has it, before it is split by what it is about. */
export interface Stated {
  readonly vulnerability: string | null;
  readonly aliases: readonly string[];
  readonly places: readonly Place[];
  readonly status: VexStatus;
  readonly justification: Justification | null;
  readonly originalJustification: string | null;
  readonly impact: string | null;
  readonly action: string | null;
  readonly madeAt: string | null;
  readonly reviewBy: string | null;
}

/** Gathers the statements and problems of one document, within the limits. All input may be an attacker's. */
export class VexCollector {
  readonly #name: string;
  readonly #author: string | null;
  readonly #statements: Statement[] = [];
  readonly #kinds = new Map<string, { code: ProblemCode; count: number; example: string }>();
  #places = 0;
  #texts = 0;
  #full = false;

  /** `name`: what the user calls the document. `author`: who issued it, if it says so. */
  constructor(name: string, author: string | null) {
    this.#name = name;
    this.#author = author === null ? null : clip(author, 256);
  }

  /** True when the limits are reached: nothing more is taken. */
  get full(): boolean {
    return this.#full;
  }

  /** Counts a problem; those of a kind are told as one, with the first example. */
  tell(code: ProblemCode, kind: string, example = ''): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) known.count += 1;
    else this.#kinds.set(kind, { code, count: 1, example: clip(example, 100) });
  }

  /**
   * Counts one mention of a product; false when there were too many. To be asked before each, since a short document can
   * multiply lists with lists.
   */
  take(): boolean {
    this.#places += 1;
    if (this.#places > maxPlaces && !this.#full) this.#fill(`more than ${maxPlaces} mentions of products`);
    return !this.#full;
  }

  /** Takes a statement, split where its products name different components. */
  add(stated: Stated): void {
    if (this.#full) return;
    const id = stated.vulnerability ?? '';
    const fault = vulnerabilityIdFault(id);
    const scopes = fault === null ? scopesOf(stated.places) : [];
    if (fault !== null) this.tell('malformed', `a statement was left out: ${fault}`, id);
    else if (scopes.length === 0) this.tell('malformed', 'a statement names no product and was left out', id);
    else this.#keep(id, stated, scopes);
  }

  #keep(id: string, stated: Stated, scopes: readonly Scope[]): void {
    const base = this.#base(id, stated);
    this.#texts += (base.impact?.length ?? 0) + (base.action?.length ?? 0);
    if (this.#texts > maxTexts) this.#fill('too much text');
    else if (this.#statements.length + scopes.length > maxStatements)
      this.#fill(`more than ${maxStatements} statements`);
    else for (const scope of scopes) this.#statements.push({ ...base, ...scope });
    // No fault depends on the scope.
    const [first] = statementFaults({ ...base, products: [], components: [] });
    if (first !== undefined) this.tell('malformed', `a statement may not stand: ${first}`, id);
  }

  #base(id: string, stated: Stated): Omit<Statement, 'products' | 'components'> {
    if (stated.madeAt !== null && !isInstant(stated.madeAt))
      this.tell('malformed', 'a time is not written as RFC 3339 has it and was left out', stated.madeAt);
    const aliases = unique(stated.aliases.filter((alias) => alias !== id && isVulnerabilityId(alias)));
    if (aliases.length > maxAliases)
      this.tell('limit-exceeded', `a vulnerability has more than ${maxAliases} aliases`, id);
    return {
      vulnerability: id,
      aliases: aliases.slice(0, maxAliases),
      status: stated.status,
      justification: stated.justification,
      originalJustification: stated.originalJustification === null ? null : clip(stated.originalJustification),
      impact: this.#text(stated.impact, id),
      action: this.#text(stated.action, id),
      author: this.#author,
      madeAt: stated.madeAt !== null && isInstant(stated.madeAt) ? stated.madeAt : null,
      reviewBy: stated.reviewBy,
    };
  }

  #text(text: string | null, id: string): string | null {
    if (text === null) return null;
    const cut = text.length > maxStatementTextLength;
    if (cut) this.tell('limit-exceeded', `a text is longer than ${maxStatementTextLength} characters and was cut`, id);
    const clean = (cut ? `${text.slice(0, maxStatementTextLength - 1)}…` : text)
      .replaceAll('\r\n', '\n')
      .replace(/[[\p{Cc}\p{Cs}]--[\n\t]]/gv, '\u{fffd}');
    return clean.trim() === '' ? null : clean;
  }

  #fill(what: string): void {
    this.#full = true;
    this.tell('limit-exceeded', `it holds ${what}; the rest was not read`);
  }

  /** What was gathered. A document without any statement has a problem that says so. */
  finish(document: VexDocument['document']): VexDocument {
    if (this.#statements.length === 0 && !this.#full)
      this.tell('nothing-recognised', 'it holds no VEX statement that could be read');
    const problems: Problem[] = [...this.#kinds].map(([kind, { code, count, example }]) => ({
      code,
      where: clip(this.#name),
      message: `${kind}${example === '' ? '' : `, such as ${example}`}${count === 1 ? '' : ` (${count} times)`}`,
    }));
    const { id, author, timestamp, version } = document;
    const line = (text: string | null) => (text === null ? null : clip(text, 256));
    return {
      statements: this.#statements,
      problems: sortProblems(problems),
      document: {
        id: line(id),
        author: line(author),
        timestamp: timestamp !== null && isInstant(timestamp) ? timestamp : null,
        version: line(version),
      },
    };
  }
}

/** Texts about one thing under each other, with a little more than a statement may hold; null where there is none. */
export function joinedTexts(texts: Iterable<string | null>): string | null {
  const most = maxStatementTextLength * 2;
  let whole: string | null = null;
  for (const text of texts) {
    if (text === null) continue;
    const part = text.slice(0, most);
    whole = whole === null ? part : `${whole}\n\n${part}`;
    if (whole.length > most) return whole;
  }
  return whole;
}
