// The table of metrics in docs/monitoring.md: `npm run docs` writes it anew, a test holds it against the code.
import { sql } from 'kysely';
import { advisory, range } from '../src/match/testing/memory-store.ts';
import { FindingCounts } from '../src/watch/metrics/findings.ts';
import { metricsText } from '../src/watch/metrics/metrics.ts';
import { timings } from '../src/watch/metrics/timings.ts';
import { rescan } from '../src/watch/rescan.ts';
import { dayOf, digestOf, type SmallLedger, smallLedger, smallStore } from '../src/watch/testing/small-ledger.ts';

const [begin, end] = ['<!-- metrics: npm run docs -->\n', '<!-- end of the metrics -->'];

/** Metrics that a histogram is told as. */
const parts = /_(?:bucket|sum|count)$/;

/** Something of everything that is told: rows stand in the tables as the parts that own them leave them. */
async function fill(small: SmallLedger): Promise<void> {
  const vulnerable = advisory('CVE-2026-0001', { affected: [range('SEMVER', 'introduced 0', 'fixed 2.0.0')] });
  const store = smallStore({ asOf: '2026-01-01T00:00:00Z', osv: { npm: { a: [vulnerable] } } });
  await small.record('shop', ['pkg:npm/a@1.0.0'], store);
  await small.deploy('shop', 'shop');
  await rescan(small.ledger, store, 'watch');
  const { kysely } = small.ledger.database;
  const at = dayOf(0);
  await sql`INSERT INTO observation (id, environment, at, covers_to, document, containers, drift, known_from)
    SELECT 1, id, ${at}, ${at}, 'none', 1, 0, ${at} FROM environment`.execute(kysely);
  await sql`INSERT INTO cursor (name, entry, place, failing_since, attempts, next_at, error, delivered, moved)
    VALUES ('sink:log', 0, 0, NULL, 0, 0, NULL, 0, 0)`.execute(kysely);
  await sql`INSERT INTO job (name, due, owner, lease_until, claim, last_began, last_done, last_error)
    VALUES ('cycle', 0, NULL, 0, 0, NULL, ${at}, NULL)`.execute(kysely);
  await sql`INSERT INTO alert (id, rule, thread, service, environment, severity, exploited, total, document, known_from)
    VALUES (4096, 'rule', 'thread', 'shop', 'prod', 0, 0, 1, 'none', ${at})`.execute(kysely);
  for (const name of Object.keys(timings)) {
    await sql`INSERT INTO timing (name, bound, count, total) VALUES (${name}, 0, 1, 0)`.execute(kysely);
  }
}

/** The table: name, type, labels and help of each metric. Throws where one has no sample from which its labels could be read. */
export async function metricsTable(): Promise<string> {
  const small = await smallLedger();
  try {
    await fill(small);
    const feeds = [{ id: 'kev', asOf: '2026-01-01T00:00:00Z', digest: digestOf('kev'), records: 1, badRecords: 0 }];
    const request = { counts: new FindingCounts(), feeds, sinks: ['log'], version: '1', budgetMs: 60_000 };
    const text = await metricsText(small.ledger, request, { empty: true });
    const labels = new Map<string, string[]>();
    for (const [, name = '', pairs = ''] of text.matchAll(/^(kvitto_\w+)(?:\{(.*)\})? \S+$/gm)) {
      const own = [...pairs.matchAll(/(\w+)="/g)].flatMap(([, label = '']) => (label === 'le' ? [] : [`\`${label}\``]));
      labels.set(name, own);
      labels.set(name.replace(parts, ''), own);
    }
    const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name = '', help, type]) => {
      const own = labels.get(name);
      if (own === undefined) throw new Error(`${name} has no sample here: fill it in scripts/metrics-table.ts`);
      return `| \`${name}\` | ${type} | ${own.join(', ')} | ${help} |`;
    });
    return `${['| Name | Type | Labels | What it says |', '| --- | --- | --- | --- |', ...rows].join('\n')}\n`;
  } finally {
    await small.close();
  }
}

/** A page with the table of today in it. Throws where the page has no place for it. */
export function withMetricsTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place between ${begin.trim()} and ${end}`);
  return `${page.slice(0, from + begin.length)}${table}${page.slice(to)}`;
}
