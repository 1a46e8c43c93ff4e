import type { Format } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { asObject, textAt } from '../json-values.ts';
import { fromSpdx } from './read.ts';
import { fromSpdx3, isSpdx3 } from './read-3.ts';
import { toSpdx } from './write.ts';

export const spdx: Format = {
  id: 'spdx',
  mediaType: 'application/spdx+json',
  about: 'SBOM as SPDX 2.3 JSON',
  render: (report) => jsonText(toSpdx(report)),
  recognises: (document) => textAt(asObject(document), 'spdxVersion') !== null || isSpdx3(document),
  parse: (document, name, digest) =>
    isSpdx3(document) ? fromSpdx3(document, name, digest) : fromSpdx(document, name, digest),
};
