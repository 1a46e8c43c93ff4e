import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { componentKey, sha256 } from '../component-key.ts';
import { imageName } from '../oci-purl.ts';
import { verdictReason, verdictWords } from '../summary.ts';
import { levelOf, rulesOf } from './rules.ts';

type Json = Record<string, unknown>;

/** A report as a SARIF log. https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function toSarif(report: Report): Json {
  const { rules, indexOf } = rulesOf(report.findings);
  const { artifact } = report.inventory;
  const fallback = relativeUri(artifact.name) ?? 'artifact';
  const print = fingerprints();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: report.tool.name, version: report.tool.version, rules, notifications: [{ id: 'problem' }] },
        },
        automationDetails: { id: category(report) },
        invocations: [invocation(report)],
        artifacts: [
          {
            description: { text: `${artifact.kind} ${artifact.name}` },
            hashes: { 'sha-256': artifact.digest.slice('sha256:'.length) },
            properties: { digest: artifact.digest, digestOf: artifact.digestOf, references: artifact.references },
          },
        ],
        results: report.findings.map((f) => result(f, indexOf.get(f.id) ?? 0, fallback, print(f))),
        columnKind: 'utf16CodeUnits',
        properties: {
          artifact: artifact.digest,
          snapshot: report.snapshot?.digest ?? null,
          complete: report.complete,
          verdict: report.verdict.kind,
        },
      },
    ],
  };
}

/** GitHub replaces the alerts of an earlier log with the same category: one for each repository of images, whatever the tag. */
function category({ inventory: { artifact } }: Report): string {
  const name =
    artifact.kind === 'image' ? imageName(artifact.references[0] ?? artifact.name).repository : artifact.kind;
  return `kvitto/${name}/`;
}

function invocation(report: Report): Json {
  return {
    // SARIF's word for "the results are all there are": false as soon as something could not be read or assessed.
    executionSuccessful: report.complete && report.verdict.kind !== 'cannot-say',
    endTimeUtc: report.scannedAt,
    exitCodeDescription: `${verdictWords(report)}: ${verdictReason(report)}`,
    toolExecutionNotifications: report.problems.map((p) => ({
      level: 'error',
      descriptor: { id: 'problem', index: 0 },
      message: { text: literal(`${p.where}: ${p.message}`) },
      properties: { code: p.code, where: p.where },
    })),
  };
}

function result(f: Finding, ruleIndex: number, fallback: string, fingerprint: string): Json {
  const places = f.locations.map((l) => relativeUri(l.path)).filter((uri) => uri !== null);
  return {
    ruleId: f.id,
    ruleIndex,
    level: levelOf(f),
    message: { text: literal(message(f)) },
    // One result has one place, or GitHub would ask for a change at each: the others are related.
    locations: [physical(places[0] ?? fallback)],
    ...(places.length > 1 && { relatedLocations: places.slice(1, 20).map((uri, id) => ({ id, ...physical(uri) })) }),
    partialFingerprints: { primaryLocationLineHash: fingerprint, 'kvittoFinding/v1': fingerprint },
    // An empty list says that nothing is suppressed; without it SARIF leaves that open.
    suppressions:
      f.excepted === null
        ? []
        : [
            {
              kind: 'external',
              status: 'accepted',
              justification: f.excepted.reason,
              properties: { by: f.excepted.by, until: f.excepted.until },
            },
          ],
    properties: {
      component: f.component,
      installed: f.installed,
      fixedIn: f.fixedIn,
      severity: f.severity.level,
      severitySource: f.severity.source,
      epss: f.epss?.probability ?? null,
      exploited: f.exploitation.length > 0,
      informational: f.informational,
    },
  };
}

function message(f: Finding): string {
  const what = f.informational === null ? `${f.severity.level} severity` : f.informational;
  const exploited = f.exploitation.length > 0 ? ', known to be exploited' : '';
  const fix = f.fixedIn === null ? 'No fixed version is known.' : `Fixed in ${f.fixedIn}.`;
  const summary = f.summary === '' ? '' : ` ${f.summary}`;
  return `${f.name} ${f.installed}: ${f.id} (${what}${exploited}). ${fix}${summary}`;
}

/** Text of the input as a message: brackets would make a link (SARIF 2.1.0, 3.11.6). */
function literal(text: string): string {
  return text.replace(/[[\]\\]/g, '\\$&');
}

function physical(uri: string): Json {
  return {
    physicalLocation: { artifactLocation: { uri }, region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 } },
  };
}

/** A path as a relative URI reference; null where nothing is left of it. `..` would lead out of the artifact. */
function relativeUri(path: string): string | null {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.length === 0 ? null : parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/');
}

/** The same for a finding in every version of the component and every tag of the image; equal ones in one report are numbered. */
function fingerprints(): (f: Finding) => string {
  const seen = new Map<string, number>();
  const keys = new Map<string, string>();
  return (f) => {
    const component = keys.get(f.component) ?? componentKey(f.component);
    keys.set(f.component, component);
    const key = sha256(`${component}\0${f.id}`).slice(0, 32);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return `${key}:${count}`;
  };
}
