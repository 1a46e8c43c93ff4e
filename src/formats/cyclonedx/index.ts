import type { Format } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { asObject, own } from '../json-values.ts';
import { fromBom } from './read.ts';
import { toBom } from './write.ts';

export const cyclonedx: Format = {
  id: 'cyclonedx',
  mediaType: 'application/vnd.cyclonedx+json',
  about: 'SBOM as CycloneDX 1.6 JSON; vulnerabilities only when asked for',
  render: (report, options) => jsonText(toBom(report, options.withVulnerabilities)),
  recognises: (document) => own(asObject(document), 'bomFormat') === 'CycloneDX',
  parse: fromBom,
};
