import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import type { Ledger } from '../../src/ledger/ledger.ts';

/** What a deployment leaves: its tables and indexes, and its share of the log's files. */
export interface Bytes {
  readonly perDeployment: number;
  readonly detail: string;
}

const ofDeployments = ['deployment', 'period', 'outbox'];

async function tableBytes(ledger: Ledger): Promise<number> {
  const { reader, database } = ledger;
  if (database.kind === 'postgres') {
    let sum = 0;
    for (const table of ofDeployments) {
      const { rows } = await sql<{ bytes: number }>`SELECT pg_total_relation_size(${table}::regclass) AS bytes`.execute(
        reader,
      );
      sum += Number(rows[0]?.bytes ?? 0);
    }
    return sum;
  }
  const names = sql.join(ofDeployments);
  const { rows } = await sql<{ bytes: number }>`SELECT sum(pgsize) AS bytes FROM dbstat WHERE aggregate = 1 AND name IN
    (SELECT name FROM sqlite_master WHERE tbl_name IN (${names}))`.execute(reader);
  return Number(rows[0]?.bytes ?? 0);
}

export async function bytesOf(ledger: Ledger): Promise<Bytes> {
  const { log } = ledger.parts.paths;
  const files = readdirSync(log, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  const logBytes = files.reduce((sum, f) => sum + statSync(path.join(f.parentPath, f.name)).size, 0);
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM deployment`.execute(ledger.reader);
  const count = Number(rows[0]?.n ?? 1);
  const tables = (await tableBytes(ledger)) / count;
  const files1 = logBytes / count;
  return {
    perDeployment: tables + files1,
    detail: `tables ${tables.toFixed(0)}, log ${files1.toFixed(0)} (all entries)`,
  };
}
