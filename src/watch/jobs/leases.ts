import { type RawBuilder, sql } from 'kysely';
import { among } from '../../ledger/apply/interned.ts';
import { writeBeside } from '../../ledger/beside.ts';
import type { Database } from '../../ledger/database/database.ts';
import type { JobRow } from '../../ledger/database/tables.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { clip } from '../../model/problem.ts';
import { isGone } from './owner.ts';

const longestError = 2_000;

/** A job that this process does, until it finishes it or loses it. */
export interface Claim {
  readonly name: string;
  /** Grows with each claim of the job: who holds an older one has lost it. */
  readonly claim: number;
  /** What was noted of it before. */
  readonly lastDone: Instant | null;
}

export interface LeasesOptions {
  readonly owner: string;
  /** How long a process that does not renew its leases keeps them. */
  readonly leaseMs: number;
  /** Milliseconds that only grow, whatever the clock does. Default: those of the process. */
  readonly elapsed?: () => number;
  /** Whether the process of an owner is surely gone. */
  readonly isGone?: (owner: string) => boolean;
}

interface Seen {
  readonly claim: number;
  readonly leaseUntil: Instant;
  readonly at: number;
}

/**
 * Jobs as rows with a lease. No clock decides who has lost a lease: it is taken over where its process is surely gone, or where this process has watched for the
 * length of a lease how it was not renewed. So a clock that jumps makes nobody do a job twice at once, and stops none for ever.
 */
export class Leases {
  readonly #ledger: Ledger;
  readonly #options: Required<LeasesOptions>;
  readonly #seen = new Map<string, Seen>();
  /** Jobs that this process is at. Others that are in its name it lost sight of, as when the database was away: they are free to it. */
  readonly #held = new Set<string>();

  constructor(ledger: Ledger, options: LeasesOptions) {
    this.#ledger = ledger;
    this.#options = { elapsed: () => performance.now(), isGone, ...options };
  }

  get owner(): string {
    return this.#options.owner;
  }

  /** The time by which jobs are due: that of the database's server, or of this process where the database is a file. */
  async now(): Promise<Instant> {
    const { rows } = await sql<{ now: Instant }>`SELECT ${this.#now()} AS now`.execute(this.#ledger.reader);
    return rows[0]?.now ?? this.#ledger.parts.clock().getTime();
  }

  async look(name: string): Promise<JobRow | null> {
    const row = await this.#ledger.reader.selectFrom('job').selectAll().where('name', '=', name).executeTakeFirst();
    return row ?? null;
  }

  /** Makes a job that is not there yet, due at a moment. */
  async make(name: string, due: Instant): Promise<void> {
    if ((await this.look(name)) !== null) return;
    await writeBeside(this.#ledger, async (tx) => {
      const none = { owner: null, lease_until: 0, claim: 0, last_began: null, last_done: null, last_error: null };
      await tx
        .insertInto('job')
        .values({ name, due, ...none })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
    });
  }

  /** Claims a job that is due and free, or whose holder is gone. Null where it is neither: somebody does it, or it is not due. */
  async claim(name: string): Promise<Claim | null> {
    const row = await this.look(name);
    if (row === null) return null;
    const abandoned = row.owner !== null && this.#isAbandoned(row, row.owner);
    if (row.owner !== null && !abandoned) return null;
    if (row.owner === null) {
      this.#seen.delete(name);
      if (row.due > (await this.now())) return null;
    }
    const { owner, leaseMs } = this.#options;
    const now = this.#now();
    const claimed = await writeBeside(this.#ledger, async (tx) => {
      // `due` says from now on whether anybody asked for it once more.
      const { rows } = await sql<{
        claim: number;
      }>`UPDATE job SET owner = ${owner}, claim = claim + 1, due = ${forever},
          lease_until = ${now} + ${leaseMs}, last_began = ${now}
        WHERE name = ${name} AND claim = ${row.claim} AND lease_until = ${row.lease_until}
          AND ${row.owner === null ? sql<boolean>`owner IS NULL` : sql<boolean>`owner = ${row.owner}`} RETURNING claim`.execute(
        tx,
      );
      return rows[0]?.claim ?? null;
    });
    if (claimed === null) return null;
    this.#held.add(name);
    return { name, claim: claimed, lastDone: row.last_done };
  }

  /** Says that this process is not at a job any more, whatever the database knows of it. */
  drop({ name }: Claim): void {
    this.#held.delete(name);
  }

  #isAbandoned(row: JobRow, owner: string): boolean {
    const { elapsed, leaseMs, isGone } = this.#options;
    if (owner === this.#options.owner) return !this.#held.has(row.name);
    if (isGone(owner)) return true;
    const seen = this.#seen.get(row.name);
    if (seen?.claim === row.claim && seen.leaseUntil === row.lease_until) return elapsed() - seen.at >= leaseMs;
    this.#seen.set(row.name, { claim: row.claim, leaseUntil: row.lease_until, at: elapsed() });
    return false;
  }

  /** Renews all that this process is at, and tells what of that it still holds: claims by name. */
  async renew(): Promise<Map<string, number>> {
    const { owner, leaseMs } = this.#options;
    const names = [...this.#held];
    if (names.length === 0) return new Map();
    const rows = await writeBeside(this.#ledger, async (tx) => {
      // Always another value: whoever watches sees that it was renewed, also where the clock stands still or was set back.
      const until = sql`CASE WHEN lease_until = ${this.#now()} + ${leaseMs} THEN lease_until + 1 ELSE ${this.#now()} + ${leaseMs} END`;
      const done = await sql<{ name: string; claim: number }>`UPDATE job SET lease_until = ${until}
        WHERE owner = ${owner} AND ${among(this.#ledger.database, 'name', names)} RETURNING name, claim`.execute(tx);
      return done.rows;
    });
    return new Map(rows.map(({ name, claim }) => [name, claim]));
  }

  /**
   * Ends a job that was done, or failed, and says when it is due next; earlier, where somebody asked for it meanwhile. False where the claim was lost.
   */
  async finish({ name, claim }: Claim, due: Instant, error: string | null = null): Promise<boolean> {
    this.#held.delete(name);
    return await writeBeside(this.#ledger, async (tx) => {
      const done = error === null ? sql`${this.#now()}` : sql`last_done`;
      const { rows } = await sql`UPDATE job SET owner = NULL, lease_until = 0, last_done = ${done},
          due = CASE WHEN due < ${due} THEN due ELSE ${due} END,
          last_error = ${error === null ? null : clip(error, longestError)}
        WHERE name = ${name} AND claim = ${claim} AND owner = ${this.#options.owner} RETURNING name`.execute(tx);
      return rows.length > 0;
    });
  }

  /** Lets go of all that this process holds: due at once, for whoever comes next. */
  async release(): Promise<void> {
    await writeBeside(this.#ledger, async (tx) => {
      await sql`UPDATE job SET owner = NULL, lease_until = 0, due = 0 WHERE owner = ${this.#options.owner}`.execute(tx);
    });
  }

  /** Asks for a job to be done at once, or once more where it is being done. */
  async request(name: string): Promise<void> {
    await writeBeside(this.#ledger, async (tx) => {
      await sql`UPDATE job SET due = 0 WHERE name = ${name}`.execute(tx);
    });
  }

  /** Moves what a job is due at, where nobody does it and nobody asked for it meanwhile. */
  async reschedule(name: string, from: Instant, due: Instant): Promise<void> {
    await writeBeside(this.#ledger, async (tx) => {
      await sql`UPDATE job SET due = ${due} WHERE name = ${name} AND due = ${from} AND owner IS NULL`.execute(tx);
    });
  }

  #now(): RawBuilder<Instant> {
    return presentMoment(this.#ledger.database, this.#ledger.parts.clock);
  }
}

/** Now, as an expression: by the clock of the server that all share, or by that of this machine. */
function presentMoment({ kind }: Database, clock: () => Date): RawBuilder<Instant> {
  return kind === 'postgres'
    ? sql<Instant>`CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)`
    : sql<Instant>`CAST(${clock().getTime()} AS INTEGER)`;
}
