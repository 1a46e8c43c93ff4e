import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Validate, validator } from './validate.ts';

type Skip = (reason: string) => void;

/** Says what is wrong with a SARIF log; null, after a loud skip, where the official schema is not there. */
export function sarifValidator(skip: Skip): Validate | null {
  return validator('sarif/sarif-2.1.0.schema.json', [], '2020-12', skip, mendRegion);
}

/** The official schema has `anyOf` of a region among its properties, one level too deep, where no validator accepts it. */
function mendRegion(schema: Record<string, unknown>): void {
  const { region } = schema['definitions'] as { region: { anyOf?: unknown; properties: Record<string, unknown> } };
  if (!Array.isArray(region.properties['anyOf'])) return;
  region.anyOf = region.properties['anyOf'];
  delete region.properties['anyOf'];
}

/** The same for CycloneDX 1.6. */
export function cyclonedxValidator(skip: Skip): Validate | null {
  const others = ['spdx.schema.json', 'jsf-0.82.schema.json', 'cryptography-defs.schema.json'];
  const main = 'cyclonedx/bom-1.6.schema.json';
  return validator(
    main,
    others.map((name) => `cyclonedx/${name}`),
    'draft-07',
    skip,
  );
}

/** The same for SPDX 2.3. */
export function spdxValidator(skip: Skip): Validate | null {
  return validator('spdx/spdx-2.3.schema.json', [], '2019-09', skip);
}

/** Says what is wrong with a GitLab report, by the schema that was written by hand from GitLab's documentation. */
export function gitlabValidator(): Validate {
  return byFile(new URL('../gitlab/testdata/security-report.schema.json', import.meta.url));
}

/** Says what is wrong with a JSON report of our own, by the published schema. */
export function reportValidator(): Validate {
  return byFile(new URL('../../../schema/kvitto-report-1.schema.json', import.meta.url));
}

function byFile(file: URL): Validate {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
  return (document) => (validate(document) ? null : ajv.errorsText(validate.errors, { separator: '\n' }));
}

/** Says what is wrong with an OpenVEX 0.2.0 document; null, after a loud skip, where the official schema is not there. */
export function openvexValidator(skip: Skip): Validate | null {
  return validator('openvex/openvex-0.2.0.schema.json', [], '2020-12', skip);
}

/** The same for CSAF 2.0 and 2.1, for documents without scores and extensions. */
export function csafValidator(version: '2.0' | '2.1', skip: Skip): Validate | null {
  return validator(`csaf/csaf-${version}.schema.json`, [], '2020-12', skip, withoutOthers);
}

/** What a schema of another origin describes is not allowed at all. */
function withoutOthers(node: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue;
    const { $ref } = value as { $ref?: unknown };
    if (typeof $ref === 'string' && $ref.startsWith('https:')) node[key] = false;
    else withoutOthers(value as Record<string, unknown>);
  }
}
