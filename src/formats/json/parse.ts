import type { z } from 'zod';
import type { Severity } from '../../model/advisory.ts';
import { CodedError } from '../../model/errors.ts';
import type { Finding } from '../../model/finding.ts';
import { clip } from '../../model/problem.ts';
import type { Report } from '../../model/report.ts';
import { asObject, own, parsedJson } from '../json-values.ts';
import { type ReportDocument, reportDocument } from './schema.ts';
import { reportSchemaId } from './schema-id.ts';

/**
 * Reads what `-f json` wrote back into the report: as text, or already parsed. `name` is how messages call the document.
 * Throws `document-invalid` where it is none, is of another version, or breaks the schema.
 */
export function parseReport(input: unknown, name = 'report'): Report {
  const text = typeof input === 'string';
  const document = text ? parsedJson(input.charCodeAt(0) === 0xfeff ? input.slice(1) : input) : input;
  if (text && document === undefined) throw invalid(name, 'it is not JSON');
  const stated = own(asObject(document), 'schema');
  if (stated !== reportSchemaId) {
    const found = typeof stated === 'string' ? `its schema is ${clip(stated, 60)}` : 'it has no key "schema"';
    throw invalid(name, `${found}, not ${reportSchemaId}`);
  }
  const parsed = reportDocument.safeParse(document);
  if (!parsed.success) throw invalid(name, firstIssue(parsed.error));
  return toReport(parsed.data);
}

function invalid(name: string, what: string): CodedError {
  return new CodedError('document-invalid', `${clip(name)} is not a report of kvitto: ${what}`, {
    remedy: 'write it with: kvitto scan TARGET -f json -o report.json',
  });
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it breaks the schema';
  return `at ${clip(issue.path.map(String).join('.') || 'the top', 120)}: ${clip(issue.message, 160)}`;
}

function toReport(d: ReportDocument): Report {
  const { schema: _, artifact, os, config, coverage, components, problems, findings, dismissals = [], ...rest } = d;
  const plain = problems.map(({ stage: _stage, ...problem }) => problem);
  return {
    ...rest,
    inventory: {
      artifact,
      os,
      config,
      coverage,
      components,
      problems: plain.filter((_p, i) => problems[i]?.stage === 'inventory'),
    },
    problems: plain,
    findings: findings.map(toFinding),
    dismissals,
  };
}

function toFinding(f: ReportDocument['findings'][number]): Finding {
  const { severity, severitySource, cvss: _, epss, epssPercentile, exploited: _exploited, ...rest } = f;
  const counts: Severity = f.severities.find((s) => s.source === severitySource && s.level === severity) ?? {
    source: severitySource,
    level: severity,
    score: null,
    vector: null,
  };
  return {
    ...rest,
    severity: counts,
    epss: epss === null ? null : { probability: epss, percentile: epssPercentile ?? 0 },
  };
}
