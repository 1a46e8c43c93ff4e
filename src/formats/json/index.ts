import type { Format } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { toDocument } from './document.ts';

export const json: Format = {
  id: 'json',
  mediaType: 'application/json',
  about: 'everything that the scan knows, in a published schema (schema/kvitto-report-1.schema.json)',
  render: (report) => jsonText(toDocument(report)),
};
