import type { Statement } from '../model/decision.ts';
import type { Problem } from '../model/problem.ts';

/** What a VEX document says, and what of it could not be read. */
export interface VexDocument {
  /**
   * In the order of the document. Each is as strong as the document says it, or weaker. One that lacks what its status
   * needs is here too, with a problem: `statementFaults` tells which; do not act upon those.
   */
  readonly statements: readonly Statement[];
  readonly problems: readonly Problem[];
  readonly document: {
    readonly id: string | null;
    readonly author: string | null;
    /** RFC 3339. */
    readonly timestamp: string | null;
    readonly version: string | null;
  };
}

/** An artifact that a written document is about. One of purl and digest has to be there. */
export interface VexProduct {
  readonly purl: string | null;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string | null;
  readonly name: string;
  readonly version: string | null;
}

/** What a written document says of itself. */
export interface VexAbout {
  /** Who issues it: a role or an organisation. */
  readonly author: string;
  /** An IRI where there is one (`https://…`, `urn:uuid:…`). The same id is the same document. */
  readonly id: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** What statements without products are about. */
  readonly products: readonly VexProduct[];
  /** Version of kvitto. */
  readonly toolVersion: string;
  /** A URL under the control of the author, which CSAF asks for; without it, a URN that is made from the author's name. */
  readonly namespace?: string;
}

/** A kind of VEX document. */
export interface VexFormat {
  /** Equals its folder under `formats/`. */
  readonly id: string;
  readonly mediaType: string;
  /** One line for `--help`. */
  readonly about: string;
  /** Whether a parsed JSON document is of this kind. */
  recognises(document: unknown): boolean;
  /** Reads a parsed document. The input may be an attacker's: a broken part is a problem. Throws `document-invalid` where the whole is not what it says. */
  read(document: unknown, name: string): VexDocument;
  /**
   * Pure: the same statements in any order give the same bytes. Throws `document-invalid` for none, for a statement that
   * `statementFaults` finds fault with, and for one that names nothing when `about` names no product either.
   * What is lost: the author of a single statement, and what `testdata/README.md` of the folder says.
   */
  write(statements: readonly Statement[], about: VexAbout): string;
}
