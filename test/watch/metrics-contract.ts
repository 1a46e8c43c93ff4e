// What Prometheus is told, held against a story with known numbers.
import assert from 'node:assert/strict';
import { decide } from '../../src/ledger/record/decide.ts';
import { FindingCounts } from '../../src/watch/metrics/findings.ts';
import { metricsText } from '../../src/watch/metrics/metrics.ts';
import { takeTimings } from '../../src/watch/metrics/timings.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { dayOf, factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, below, day, store, testsOn } from '../ledger/watch-stage.ts';

const dayS = 86_400;
const daySeconds = (n: number) => Date.parse(day(n)) / 1000;

/** The samples of some names, without those that are 0. */
function samples(text: string, ...names: readonly string[]): string[] {
  return text
    .split('\n')
    .filter((line) => names.some((n) => line.startsWith(`${n}{`) || line.startsWith(`${n} `)))
    .filter((line) => !line.endsWith(' 0'));
}

export function metricsContract(
  database: string,
  open: () => Promise<SmallLedger>,
  check: (text: string) => void,
): void {
  const on = testsOn(database, open);

  on('findings follow what is known, decided and deployed; times are taken once', async (small) => {
    const counts = new FindingCounts();
    const first = store(0, { npm: { a: [below('CVE-2026-0001', '2.0.0')] } }, [factsOf('CVE-2026-0001', 9.8)]);
    const request = { counts, feeds: first.snapshot.feeds, sinks: ['log'], version: '1.2.3', budgetMs: 60_000 };
    const now = async () => {
      while (await takeTimings(small.ledger));
      const text = await metricsText(small.ledger, request);
      check(text);
      return text;
    };
    await now();
    await small.record('old', [a('1.0.0')], first);
    await small.record('fixed', [a('3.0.0')], first);
    await small.deploy('shop', 'old');
    await small.deploy('api', 'old');
    const findings = ['kvitto_findings', 'kvitto_findings_unhandled', 'kvitto_findings_exploited'];
    const shop = 'service="shop",environment="prod"';
    const api = 'service="api",environment="prod"';
    assert.deepEqual(samples(await now(), ...findings), [
      `kvitto_findings{${api},severity="critical"} 1`,
      `kvitto_findings{${shop},severity="critical"} 1`,
      `kvitto_findings_unhandled{${api},severity="critical"} 1`,
      `kvitto_findings_unhandled{${shop},severity="critical"} 1`,
    ]);

    small.now = dayOf(2);
    const npm = { a: [below('CVE-2026-0001', '2.0.0'), below('CVE-2026-0002', '2.0.0', { published: day(1) })] };
    await rescan(
      small.ledger,
      store(2, { npm }, [factsOf('CVE-2026-0001', 9.8), factsOf('CVE-2026-0002', 5, true)]),
      'watch',
    );
    small.now = dayOf(3);
    const asked = { vulnerability: 'CVE-2026-0001', aliases: [], environment: null, component: null, artifact: null };
    const said = {
      status: 'affected',
      justification: null,
      originalJustification: null,
      action: 'update',
      reason: 'x',
    } as const;
    const who = { owner: 'team', approvedBy: null, from: null, until: dayOf(60), evidence: [] };
    const demands = { fourEyes: [], longestMs: 400 * dayS * 1000 };
    const by = { actor: 'team', source: 'command' } as const;
    await decide(small.ledger, [{ ...asked, ...said, ...who, service: 'shop' }], demands, by);
    const then = await now();
    assert.deepEqual(samples(then, ...findings, 'kvitto_findings_oldest_unhandled_timestamp_seconds'), [
      `kvitto_findings{${api},severity="critical"} 1`,
      `kvitto_findings{${api},severity="medium"} 1`,
      `kvitto_findings{${shop},severity="critical"} 1`,
      `kvitto_findings{${shop},severity="medium"} 1`,
      `kvitto_findings_unhandled{${api},severity="critical"} 1`,
      `kvitto_findings_unhandled{${api},severity="medium"} 1`,
      `kvitto_findings_unhandled{${shop},severity="medium"} 1`,
      `kvitto_findings_exploited{${api}} 1`,
      `kvitto_findings_exploited{${shop}} 1`,
      `kvitto_findings_oldest_unhandled_timestamp_seconds{${api}} ${daySeconds(0)}`,
      `kvitto_findings_oldest_unhandled_timestamp_seconds{${shop}} ${daySeconds(2)}`,
    ]);
    // Published on day 1, known on day 2, of two services; decided on day 3 what was known on day 0.
    assert.deepEqual(
      samples(then, 'kvitto_publication_to_knowledge_seconds_sum', 'kvitto_publication_to_knowledge_seconds_count'),
      [`kvitto_publication_to_knowledge_seconds_sum ${2 * dayS}`, 'kvitto_publication_to_knowledge_seconds_count 2'],
    );
    assert.deepEqual(samples(then, 'kvitto_knowledge_to_decision_seconds_bucket'), [
      `kvitto_knowledge_to_decision_seconds_bucket{le="${3 * dayS}"} 1`,
      ...[7, 14, 30, 90, 365].map((d) => `kvitto_knowledge_to_decision_seconds_bucket{le="${d * dayS}"} 1`),
      'kvitto_knowledge_to_decision_seconds_bucket{le="+Inf"} 1',
    ]);

    small.now = dayOf(5);
    await small.deploy('shop', 'fixed');
    const after = await now();
    assert.deepEqual(samples(after, 'kvitto_findings', 'kvitto_deployments'), [
      `kvitto_findings{${api},severity="critical"} 1`,
      `kvitto_findings{${api},severity="medium"} 1`,
      'kvitto_deployments{environment="prod"} 2',
    ]);
    // Known on days 0 and 2, fixed on day 5.
    assert.deepEqual(
      samples(after, 'kvitto_knowledge_to_fix_deployed_seconds_sum', 'kvitto_knowledge_to_fix_deployed_seconds_count'),
      [`kvitto_knowledge_to_fix_deployed_seconds_sum ${8 * dayS}`, 'kvitto_knowledge_to_fix_deployed_seconds_count 2'],
    );
    assert.equal(await now(), after);
    assert.doesNotMatch(after, /CVE-|pkg:|sha256/);

    // What is kept in memory equals what is counted from the beginning.
    const fresh = await metricsText(small.ledger, { ...request, counts: new FindingCounts() });
    assert.equal(fresh, after);
  });
}
