import type { Finding } from '../../model/finding.ts';
import type { Problem } from '../../model/problem.ts';
import type { Report } from '../../model/report.ts';
// Types alone: whoever only writes must not pay for loading the validator.
import type { ReportDocument } from './schema.ts';
import { reportSchemaId } from './schema-id.ts';

/** A report as the document that `-f json` writes. Keys stand in the order of the published schema. */
export function toDocument(report: Report): ReportDocument {
  const { inventory } = report;
  const { artifact, os, config } = inventory;
  const ofInventory = new Set(inventory.problems.map(keyOf));
  return {
    schema: reportSchemaId,
    tool: { name: report.tool.name, version: report.tool.version },
    scannedAt: report.scannedAt,
    artifact: {
      kind: artifact.kind,
      name: artifact.name,
      digest: artifact.digest,
      digestOf: artifact.digestOf,
      references: [...artifact.references],
      platform: artifact.platform,
      configDigest: artifact.configDigest,
      layers: artifact.layers.map((l) => ({ diffId: l.diffId, digest: l.digest, createdBy: l.createdBy })),
    },
    os: os && { id: os.id, versionId: os.versionId, name: os.name, ecosystem: os.ecosystem },
    config: config && {
      user: config.user,
      entrypoint: [...config.entrypoint],
      cmd: [...config.cmd],
      env: [...config.env],
      exposedPorts: [...config.exposedPorts],
      labels: Object.fromEntries(Object.entries(config.labels).sort(([a], [b]) => (a < b ? -1 : 1))),
      created: config.created,
    },
    snapshot: report.snapshot && {
      digest: report.snapshot.digest,
      feeds: report.snapshot.feeds.map((f) => ({
        id: f.id,
        asOf: f.asOf,
        digest: f.digest,
        records: f.records,
        badRecords: f.badRecords,
      })),
    },
    complete: report.complete,
    problems: report.problems.map((p) => ({
      code: p.code,
      where: p.where,
      message: p.message,
      stage: ofInventory.has(keyOf(p)) ? 'inventory' : 'assessment',
    })),
    coverage: inventory.coverage.map((c) => ({
      cataloger: c.cataloger,
      revision: c.revision,
      files: c.files,
      components: c.components,
    })),
    components: inventory.components.map((c) => ({
      purl: c.purl,
      name: c.name,
      version: c.version,
      foundBy: c.foundBy,
      locations: c.locations.map(placeOf),
      direct: c.direct,
      dev: c.dev,
      licenses: [...c.licenses],
      dependsOn: [...c.dependsOn],
    })),
    findings: report.findings.map(findingOf),
    notShown: report.notShown,
    ...(report.dismissals.length > 0 && {
      dismissals: report.dismissals.map((d) => ({
        component: d.component,
        advisory: d.advisory,
        reason: d.reason,
        detail: d.detail,
      })),
    }),
    verdict: verdictOf(report),
  };
}

function keyOf(p: Problem): string {
  return `${p.code}\0${p.where}\0${p.message}`;
}

function placeOf<Layer>(l: { readonly path: string; readonly layer: Layer }): { path: string; layer: Layer } {
  return { path: l.path, layer: l.layer };
}

function findingOf(f: Finding): ReportDocument['findings'][number] {
  const scored = [f.severity, ...f.severities].find((s) => s.score !== null || s.vector !== null);
  return {
    id: f.id,
    aliases: [...f.aliases],
    advisories: [...f.advisories],
    component: f.component,
    name: f.name,
    installed: f.installed,
    fixedIn: f.fixedIn,
    severity: f.severity.level,
    severitySource: f.severity.source,
    cvss: scored === undefined ? null : { score: scored.score, vector: scored.vector, source: scored.source },
    severities: f.severities.map((s) => ({ source: s.source, level: s.level, score: s.score, vector: s.vector })),
    epss: f.epss?.probability ?? null,
    epssPercentile: f.epss?.percentile ?? null,
    exploited: f.exploitation.length > 0,
    exploitation: f.exploitation.map((e) => ({
      source: e.source,
      since: e.since,
      due: e.due,
      ransomware: e.ransomware,
    })),
    published: f.published,
    summary: f.summary,
    references: [...f.references],
    informational: f.informational,
    direct: f.direct,
    locations: f.locations.map(placeOf),
    excepted: f.excepted && { by: f.excepted.by, reason: f.excepted.reason, until: f.excepted.until },
    matchedBy: f.matchedBy.map((m) => ({
      by: m.by,
      advisory: m.advisory,
      ecosystem: m.ecosystem,
      name: m.name,
      version: m.version,
      range: m.range,
      fixed: m.fixed,
    })),
  };
}

function verdictOf({ verdict }: Report): ReportDocument['verdict'] {
  const refs = (list: readonly { readonly id: string; readonly component: string }[]) =>
    list.map((r) => ({ id: r.id, component: r.component }));
  return {
    kind: verdict.kind,
    policy: verdict.policy && { digest: verdict.policy.digest, source: verdict.policy.source },
    rules: verdict.rules.map((r) => ({
      rule: r.rule,
      says: r.says,
      outcome: r.outcome,
      matched: refs(r.matched),
      remedy: r.remedy,
    })),
    exceptions: verdict.exceptions.map((e) => ({
      id: e.id,
      component: e.component,
      owner: e.owner,
      reason: e.reason,
      until: e.until,
      state: e.state,
      matched: refs(e.matched),
      at: e.at,
    })),
    reasons: [...verdict.reasons],
    warnings: [...verdict.warnings],
  };
}
