import { asObject, objectAt, textAt } from '../json-values.ts';
import type { VexFormat } from '../vex-format.ts';
import { readCsaf } from './read.ts';
import { writeCsaf } from './write.ts';

export const csaf: VexFormat = {
  id: 'csaf',
  mediaType: 'application/json',
  about: 'VEX as CSAF 2.0 of the profile csaf_vex; read 2.0 and 2.1',
  recognises: (document) => textAt(objectAt(asObject(document), 'document'), 'csaf_version') !== null,
  read: readCsaf,
  write: writeCsaf,
};
