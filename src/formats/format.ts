import type { Inventory } from '../model/inventory.ts';
import type { Report } from '../model/report.ts';

export interface RenderOptions {
  /** Columns of the terminal; null when it is none. */
  readonly columns: number | null;
  readonly colour: boolean;
  /** Put vulnerabilities into an SBOM too. */
  readonly withVulnerabilities: boolean;
  /** The verdict is shown, and decides nothing: `kvitto scan`. */
  readonly onlyScan?: boolean;
}

/** A document of the outside world: written from a report, or read into an inventory. */
export interface Format {
  /** Equals its folder under `formats/`; the word behind `-f`. */
  readonly id: string;
  readonly mediaType: string;
  /** One line for `--help`. */
  readonly about: string;
  /** Pure: same report, same bytes. Times and ids come from the report, never from the clock. */
  render?(report: Report, options: RenderOptions): string;
  /** Whether a parsed JSON document is of this kind. */
  recognises?(document: unknown): boolean;
  /** Reads an SBOM. The input may be an attacker's: a broken part is a problem of the inventory; a document that is not what it says throws `document-invalid`. */
  parse?(document: unknown, name: string, digest: import('../model/inventory.ts').Digest): Inventory;
}
