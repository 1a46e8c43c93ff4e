import { asObject, own } from '../json-values.ts';
import type { VexFormat } from '../vex-format.ts';
import { readCyclonedxVex } from './read.ts';
import { writeCyclonedxVex } from './write.ts';

export const cyclonedxVex: VexFormat = {
  id: 'cyclonedx-vex',
  mediaType: 'application/vnd.cyclonedx+json',
  about: 'VEX as CycloneDX 1.6 JSON; read from 1.4 to 1.7',
  recognises: (document) =>
    own(asObject(document), 'bomFormat') === 'CycloneDX' && Array.isArray(own(asObject(document), 'vulnerabilities')),
  read: readCyclonedxVex,
  write: writeCyclonedxVex,
};
