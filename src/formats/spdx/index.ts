import type { Format } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { asObject, own, textAt } from '../json-values.ts';
import { fromSpdx } from './read.ts';
import { toSpdx } from './write.ts';

export const spdx: Format = {
  id: 'spdx',
  mediaType: 'application/spdx+json',
  about: 'SBOM as SPDX 2.3 JSON',
  render: (report) => jsonText(toSpdx(report)),
  recognises: (document) => {
    const object = asObject(document);
    const context = own(object, '@context');
    return (
      textAt(object, 'spdxVersion') !== null || (typeof context === 'string' && context.includes('spdx.org/rdf/3.'))
    );
  },
  parse: fromSpdx,
};
