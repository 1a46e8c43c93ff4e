import { z } from 'zod';
import { severityLevels } from '../../model/advisory.ts';
import type { ProblemCode } from '../../model/problem.ts';
import { problemCodes } from '../problem-codes.ts';
import { reportSchemaId } from './schema-id.ts';

const digest = z.templateLiteral(['sha256:', z.string().regex(/[0-9a-f]{64}/)]);
const level = z.enum(severityLevels);
const problemCode = z.enum(Object.keys(problemCodes) as [ProblemCode, ...ProblemCode[]]);

const severity = z.object({
  source: z.string().describe('Who says so: Debian, GHSA, NVD …; empty where nobody does.'),
  level: level.describe('The severity as a word, from worst to least; unknown is never harmless.'),
  score: z.number().min(0).max(10).nullable().describe('CVSS base score; null where the source gives only a word.'),
  vector: z.string().nullable().describe('CVSS vector; null where the source gives only a word.'),
});

const path = z.string().describe('Path in the artifact, without a leading slash.');

const location = z.object({ path, layer: z.string().nullable().describe('As at the component.') });

const componentLocation = z.object({
  path,
  layer: digest.nullable().describe('diffId of the layer that brought the file; null outside images.'),
});

const ref = z.object({
  id: z.string().describe('Id of the finding.'),
  component: z.string().describe('purl of its component.'),
});

const artifact = z.object({
  kind: z.enum(['image', 'directory', 'sbom']).describe('What was scanned.'),
  name: z.string().describe('As the user named it.'),
  digest: digest.describe('Its identity.'),
  digestOf: z.enum(['manifest', 'config', 'inventory', 'document']).describe('What the digest was taken over.'),
  references: z.array(z.string()).describe('References under which the source knows the image, sorted.'),
  platform: z.string().nullable().describe('linux/amd64; null where it is not known.'),
  configDigest: digest.nullable().describe("Digest of the image's configuration; null outside images."),
  layers: z
    .array(
      z.object({
        diffId: digest.describe('Digest of the uncompressed layer.'),
        digest: digest.nullable().describe('Digest of the blob as stored, where the source names it.'),
        createdBy: z.string().nullable().describe("The build instruction, from the image's history."),
      }),
    )
    .describe('Layers of an image, lowest first.'),
});

const os = z.object({
  id: z.string().describe('ID of os-release(5).'),
  versionId: z.string().describe('VERSION_ID; empty for rolling releases.'),
  name: z.string().describe('PRETTY_NAME.'),
  ecosystem: z.string().nullable().describe('OSV ecosystem with release; null where OSV knows none.'),
});

const config = z.object({
  user: z.string().describe('User that the image runs as; empty is root.'),
  entrypoint: z.array(z.string()).describe('Entry point.'),
  cmd: z.array(z.string()).describe('Command.'),
  env: z
    .array(z.string())
    .describe('Names of the environment variables; their values are left out, they may be secrets.'),
  exposedPorts: z.array(z.string()).describe('Exposed ports.'),
  labels: z.record(z.string(), z.string()).describe('Labels.'),
  created: z.string().nullable().describe('Time of the build, as the image says it (RFC 3339).'),
});

const snapshot = z.object({
  digest: z.string().describe('Digest over the content of the advisory store.'),
  feeds: z
    .array(
      z.object({
        id: z.string().describe('Name of the feed: osv/Debian, nvd, kev, eukev, epss.'),
        asOf: z.string().describe('When its source was last confirmed to be in this state (RFC 3339 UTC).'),
        digest: z.string().describe("Digest over the feed's bytes."),
        records: z.number().describe('Records in it.'),
        badRecords: z.number().describe('Records that could not be read and are missing.'),
      }),
    )
    .describe('Each feed as it stands in the store.'),
});

const component = z.object({
  purl: z.string().describe('Package URL: the identity of the component.'),
  name: z.string().describe('Name.'),
  version: z.string().describe('Version in the notation of its ecosystem.'),
  foundBy: z.string().describe('Id of the cataloger that found it.'),
  locations: z.array(componentLocation).describe('Where it was seen.'),
  direct: z.boolean().nullable().describe('Whether the project asks for it itself; null where the file does not tell.'),
  dev: z.boolean().describe('Only needed to develop or test.'),
  licenses: z.array(z.string()).describe("SPDX expressions or the file's own words."),
  dependsOn: z.array(z.string()).describe('purls of the components that it needs.'),
});

const finding = z.object({
  id: z.string().describe("CVE where there is one, else GHSA, else the record's own id."),
  aliases: z.array(z.string()).describe('All other ids of the same vulnerability.'),
  advisories: z.array(z.string()).describe('Ids of the records that say so.'),
  component: z.string().describe('purl of the component.'),
  name: z.string().describe('Name of the component.'),
  installed: z.string().describe('Its version.'),
  fixedIn: z
    .string()
    .nullable()
    .describe('Lowest version that fixes it on this release line; null where none is known.'),
  severity: level.describe('The severity that counts: distribution before GHSA before NVD.'),
  severitySource: z.string().describe('Who says so; empty where nobody does.'),
  cvss: z
    .object({
      score: z.number().nullable().describe('Base score.'),
      vector: z.string().nullable().describe('Vector.'),
      source: z.string().describe('Who says so.'),
    })
    .nullable()
    .describe('First CVSS score among `severities`; null where there is none.'),
  severities: z.array(severity).describe('All that the sources say, the one that counts first.'),
  epss: z
    .number()
    .nullable()
    .describe('Probability (0 to 1) of exploitation in the next 30 days; null where EPSS has none.'),
  epssPercentile: z.number().nullable().describe('Rank (0 to 1) of that probability.'),
  exploited: z.boolean().describe('Whether a catalogue of exploited vulnerabilities names it.'),
  exploitation: z
    .array(
      z.object({
        source: z.enum(['CISA KEV', 'EU KEV']).describe('The catalogue.'),
        since: z.string().describe('Date on which the catalogue took it up.'),
        due: z.string().nullable().describe('Date by which CISA wants it handled.'),
        ransomware: z.boolean().describe('Whether it is known to be used by ransomware.'),
      }),
    )
    .describe('Its entries in those catalogues.'),
  published: z.string().nullable().describe('First publication that is known (RFC 3339).'),
  summary: z.string().describe('One line.'),
  references: z.array(z.string()).describe('Links as the sources give them.'),
  informational: z.string().nullable().describe('Set for records that are no vulnerability: unmaintained, notice.'),
  direct: z.boolean().nullable().describe('As at the component.'),
  locations: z.array(location).describe('As at the component.'),
  excepted: z
    .object({
      by: z.string().describe('Where the exception stands.'),
      reason: z.string().describe('Its reason.'),
      until: z.string().nullable().describe('Last day on which it holds.'),
    })
    .nullable()
    .describe('Set when an exception covers it.'),
  matchedBy: z
    .array(
      z.object({
        by: z
          .enum(['purl', 'source-package'])
          .describe("Whether the component's own name was looked up, or its source package."),
        advisory: z.string().describe('Id of the advisory record.'),
        ecosystem: z.string().describe('Ecosystem that was looked up.'),
        name: z.string().describe('Name that was looked up.'),
        version: z.string().describe('Version that was compared.'),
        range: z.string().describe('Range that holds the version.'),
        fixed: z.string().nullable().describe("First version of this record's range that is not affected any more."),
      }),
    )
    .describe('Why it matched, to check by hand.'),
});

const outcome = z.enum(['pass', 'fail', 'cannot-say']);

const verdict = z.object({
  kind: outcome.describe('The answer of the gate.'),
  policy: z
    .object({
      digest: z.string().describe("Digest of the policy's bytes."),
      source: z.string().describe('Where it came from.'),
    })
    .nullable()
    .describe('Null for the built-in default.'),
  rules: z
    .array(
      z.object({
        rule: z.string().describe('Name of the rule.'),
        says: z.string().describe('The rule in words.'),
        outcome: outcome.describe('What it made of the findings.'),
        matched: z.array(ref).describe('What it matched.'),
        remedy: z.string().nullable().describe('What would make it pass.'),
      }),
    )
    .describe('Every rule of the policy.'),
  exceptions: z
    .array(
      z.object({
        id: z.string().describe('Vulnerability that it is about.'),
        component: z.string().nullable().describe('Component that it is limited to.'),
        owner: z.string().nullable().describe('Who answers for it.'),
        reason: z.string().describe('Why.'),
        until: z.string().nullable().describe('Last day on which it holds.'),
        state: z.enum(['used', 'expiring', 'expired', 'unused']).describe('Whether it was of use.'),
        matched: z.array(ref).describe('What it matched.'),
        at: z.string().describe('File and line where it stands.'),
      }),
    )
    .describe('Every exception of the policy and of ignore files.'),
  reasons: z.array(z.string()).describe('Why it is not a pass.'),
  warnings: z.array(z.string()).describe('What is only a warning.'),
});

/** The document that `-f json` writes. Keys that it does not know are left out when it is read. */
export const reportDocument = z.object({
  schema: z.literal(reportSchemaId).describe('Name and number of this shape.'),
  tool: z
    .object({ name: z.literal('kvitto').describe('Always kvitto.'), version: z.string().describe('Its version.') })
    .describe('What wrote the document.'),
  scannedAt: z.string().describe('Time of the scan (RFC 3339 UTC).'),
  artifact: artifact.describe('What was scanned.'),
  os: os.nullable().describe('Operating system in the artifact; null where there is none.'),
  config: config.nullable().describe('Run configuration of an image; null for everything else.'),
  snapshot: snapshot.nullable().describe('State of the advisory store; null where there was none.'),
  complete: z.boolean().describe('True when all was read and assessed: there is no problem.'),
  problems: z
    .array(
      z.object({
        code: problemCode.describe('Kind of problem.'),
        where: z.string().describe('File, layer, component or feed.'),
        message: z.string().describe('What happened, and what to do.'),
        stage: z
          .enum(['inventory', 'assessment'])
          .describe('Whether the artifact could not be read, or what was read not assessed.'),
      }),
    )
    .describe('What could not be read or assessed.'),
  coverage: z
    .array(
      z.object({
        cataloger: z.string().describe('Id of the cataloger.'),
        revision: z.number().describe('Its revision.'),
        files: z.number().describe('Files that it read.'),
        components: z.number().describe('Components that it found.'),
      }),
    )
    .describe('What was looked at.'),
  components: z.array(component).describe('The inventory, sorted by purl.'),
  findings: z.array(finding).describe('Component × vulnerability, sorted by component, then id.'),
  notShown: z
    .number()
    .describe('Findings that --severity or --ignore-unfixed of a scan left out; the verdict counts them all the same.'),
  dismissals: z
    .array(
      z.object({
        component: z.string().describe('purl of the component.'),
        advisory: z.string().describe('Id of the advisory record.'),
        reason: z
          .enum(['not-in-range', 'withdrawn', 'owned-by-os-package', 'git-range-only'])
          .describe('Kind of reason.'),
        detail: z.string().describe('The reason in a sentence.'),
      }),
    )
    .optional()
    .describe('Looked up and not affected; only with --explain.'),
  verdict: verdict.describe('The answer of the gate, rule by rule.'),
});

export type ReportDocument = z.infer<typeof reportDocument>;

/** The shape as JSON Schema 2020-12, as it is published in `schema/kvitto-report-1.schema.json`. */
export function reportJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(reportDocument, { io: 'input' });
  return { $schema, $id: reportSchemaId, title: 'Kvitto report, version 1', ...rest };
}
