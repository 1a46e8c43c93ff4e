import { openvex } from '../formats/openvex/index.ts';
import { type Statement, statementFaults } from '../model/decision.ts';
import type { Digest } from '../model/inventory.ts';
import type { MadeDecision, PackAnswer } from './answer.ts';

/** The statement that a decision makes about what it decides at the end of the period. */
function statementOf(decision: MadeDecision, answer: PackAnswer): Statement {
  const decided = answer.known.vulnerabilities.filter((v) => v.decision === decision.decision);
  const artifacts = new Map(answer.ran.deployments.map((d) => [d.deployment, d.artifact]));
  const products = decided.flatMap((v) => v.deployments.flatMap((d) => artifacts.get(d) ?? []));
  const { vulnerability, status, justification, owner, knownFrom, until, words } = decision;
  const reason = words?.words?.['reason'] ?? null;
  const action = words?.words?.['action'] ?? null;
  const names = new Set(decided.flatMap((v) => [v.vulnerability, ...v.aliases]));
  return {
    vulnerability,
    aliases: [...names].filter((name) => name !== vulnerability).sort(),
    components: [...new Set(decided.map((v) => v.component))].sort(),
    products: [...new Set(products)].sort(),
    status,
    justification,
    originalJustification: null,
    impact: status === 'affected' ? null : reason,
    action: action ?? (status === 'affected' ? reason : null),
    author: owner,
    madeAt: knownFrom,
    reviewBy: until,
  };
}

/**
 * The decisions in force at the end of the period as OpenVEX, about the artifacts and components that they decide; null where
 * there is none that can be said in VEX. One whose words were redacted may lack what its status needs, and is left out.
 */
export function vexText(answer: PackAnswer): string | null {
  const statements = answer.decided
    .filter((d) => d.inForceFor > 0)
    .map((d) => statementOf(d, answer))
    .filter((s) => statementFaults(s).length === 0);
  if (statements.length === 0) return null;
  const { request, made, log, ran } = answer;
  const names = new Map<Digest, string>(ran.deployments.map((d) => [d.artifact, d.name ?? d.image ?? request.service]));
  return openvex.write(statements, {
    author: log.origin,
    id: `${log.origin} ${request.service} ${request.environment ?? '*'} ${request.from} ${request.to} ${request.asOf}`,
    timestamp: made.at,
    products: [...names].sort().map(([digest, name]) => ({ purl: null, digest, name, version: null })),
    toolVersion: made.tool.replace(/^kvitto\//, ''),
  });
}
