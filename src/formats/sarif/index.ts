import type { Format } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { toSarif } from './log.ts';

export const sarif: Format = {
  id: 'sarif',
  mediaType: 'application/sarif+json',
  about: 'SARIF 2.1.0, for code scanning on GitHub and for editors',
  render: (report) => jsonText(toSarif(report)),
};
