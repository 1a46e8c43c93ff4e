import type { SeverityLevel } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';
import type { Artifact, OperatingSystem } from '../../model/inventory.ts';
import type { Report } from '../../model/report.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import { componentKey, purlType, uuidOf } from '../component-key.ts';
import { imageName } from '../oci-purl.ts';
import { plural, verdictReason, verdictWords } from '../summary.ts';
import { webLinks } from '../web-values.ts';

type Json = Record<string, unknown>;

const severities: Readonly<Record<SeverityLevel, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  negligible: 'Low',
  unknown: 'Unknown',
};

const mostIdentifiers = 20;
const mostMessages = 100;

/**
 * A report as GitLab reads it, schema 15.2. https://docs.gitlab.com/ee/development/integrations/secure.html and
 * https://gitlab.com/gitlab-org/security-products/security-report-schemas
 */
export function toGitlab(report: Report): Json {
  const { inventory } = report;
  const container =
    inventory.artifact.kind === 'image' || (inventory.artifact.kind === 'sbom' && inventory.os !== null);
  const { os } = inventory;
  const place = container ? inContainer(imageOf(inventory.artifact), systemOf(os)) : inFile;
  const tool = { id: 'kvitto', name: 'Kvitto', version: report.tool.version, vendor: { name: 'Kvitto' } };
  const unique = uniqueIds();
  return {
    version: '15.2.1',
    scan: {
      analyzer: tool,
      scanner: tool,
      type: container ? 'container_scanning' : 'dependency_scanning',
      start_time: localTime(report.scannedAt),
      end_time: localTime(report.scannedAt),
      status: report.verdict.kind === 'cannot-say' ? 'failure' : 'success',
      messages: messages(report),
    },
    vulnerabilities: report.findings.map((f) => vulnerability(f, unique(f), place(f))),
    ...(!container && { dependency_files: dependencyFiles(report) }),
  };
}

/** GitLab wants times without a zone, in UTC. */
function localTime(time: string): string {
  return time.slice(0, 19);
}

function messages(report: Report): Json[] {
  const shown = report.problems
    .slice(0, mostMessages)
    .map((p) => ({ level: 'warn', value: `${p.code}: ${p.where}: ${p.message}` }));
  const rest = report.problems.length - shown.length;
  return [
    {
      level: report.verdict.kind === 'cannot-say' ? 'fatal' : 'info',
      value: `${verdictWords(report)}: ${verdictReason(report)}`,
    },
    ...shown,
    ...(rest > 0 ? [{ level: 'warn', value: `and ${plural(rest, 'more problem')}` }] : []),
  ];
}

function vulnerability(f: Finding, id: string, location: Json): Json {
  const links = webLinks(f.references).map((url) => ({ url }));
  const vectors = f.severities.flatMap((s) =>
    s.vector?.startsWith('CVSS:3.') ? [{ vendor: s.source || 'unknown', vector: s.vector }] : [],
  );
  return {
    id,
    name: `${f.id} in ${f.name}`.slice(0, 255).toWellFormed(),
    description: description(f).slice(0, 100_000).toWellFormed(),
    severity: f.informational === null ? severities[f.severity.level] : 'Info',
    solution: solution(f),
    identifiers: [f.id || 'unknown', ...f.aliases.filter((id) => id !== '')].slice(0, mostIdentifiers).map(identifier),
    ...(vectors.length > 0 && { cvss_vectors: vectors.slice(0, 10) }),
    ...(links.length > 0 && { links }),
    location,
    details: details(f),
  };
}

function solution(f: Finding): string {
  if (f.fixedIn === null) return 'No fixed version is known.';
  return `Upgrade ${f.name} from ${f.installed} to ${f.fixedIn}.`.slice(0, 7000).toWellFormed();
}

function description(f: Finding): string {
  const excepted =
    f.excepted === null
      ? ''
      : `Excepted by ${f.excepted.by}${f.excepted.until === null ? '' : ` until ${f.excepted.until}`}: ${f.excepted.reason}\n\n`;
  const exploited = f.exploitation.map((e) => `Known to be exploited: ${e.source}, since ${e.since}.\n\n`).join('');
  return `${excepted}${exploited}${f.summary || f.id}`;
}

function identifier(id: string): Json {
  const { url } = sourceOfId(id);
  const type = /^CVE-/.test(id) ? 'cve' : /^GHSA-/.test(id) ? 'ghsa' : 'osv';
  return { type, name: id, value: id, ...(url !== undefined && { url }) };
}

function details(f: Finding): Json {
  const text = (name: string, value: string) => ({ type: 'text', name, value });
  return {
    purl: text('Component', f.component),
    severity_source: text('Severity by', f.severity.source || 'nobody'),
    ...(f.epss !== null && { epss: text('EPSS', String(f.epss.probability)) }),
    ...(f.exploitation.length > 0 && {
      exploited: text('Exploited', f.exploitation.map((e) => `${e.source} since ${e.since}`).join(', ')),
    }),
    ...(f.locations.length > 0 && {
      files: text(
        'Files',
        f.locations
          .map((l) => l.path)
          .slice(0, 50)
          .join('\n'),
      ),
    }),
  };
}

/** `debian 12`; GitLab demands a text of at most 255 characters. */
function systemOf(os: OperatingSystem | null): string {
  return os === null ? 'unknown' : `${os.id} ${os.versionId}`.trim().slice(0, 255).toWellFormed() || 'unknown';
}

function inContainer(image: string, system: string): (f: Finding) => Json {
  return (f) => ({ dependency: { package: { name: f.name }, version: f.installed }, operating_system: system, image });
}

function inFile(f: Finding): Json {
  return {
    file: f.locations[0]?.path || 'unknown',
    dependency: { package: { name: f.name }, version: f.installed, ...(f.direct !== null && { direct: f.direct }) },
  };
}

/** `name:tag`, which GitLab demands; the digest stands in where there is no tag. */
function imageOf(artifact: Artifact): string {
  const { repository, tag } = imageName(artifact.references[0] ?? artifact.name);
  const reference = tag === null ? `${repository}@${artifact.digest}` : `${repository}:${tag}`;
  return /^[^:]+(?::\d+[^:]*)?:[^:]+$/.test(reference) ? reference : `artifact@${artifact.digest}`;
}

/** Files that name components, with what they name. */
function dependencyFiles({ inventory }: Report): Json[] {
  const files = new Map<string, { manager: string; dependencies: Json[] }>();
  for (const c of inventory.components) {
    const path = c.locations[0]?.path || 'unknown';
    const file = files.get(path) ?? { manager: purlType(c.purl), dependencies: [] };
    files.set(path, file);
    file.dependencies.push({ package: { name: c.name }, version: c.version });
  }
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { manager, dependencies }]) => ({ path, package_manager: manager, dependencies }));
}

/** The same id for a finding in every version of the component; equal ones in one report are numbered. */
function uniqueIds(): (f: Finding) => string {
  const seen = new Map<string, number>();
  return (f) => {
    const key = `${componentKey(f.component)}\0${f.id}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return uuidOf(count === 1 ? key : `${key}\0${count}`);
  };
}
