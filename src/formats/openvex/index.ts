import { asObject, textAt } from '../json-values.ts';
import type { VexFormat } from '../vex-format.ts';
import { readOpenVex } from './read.ts';
import { writeOpenVex } from './write.ts';

export const openvex: VexFormat = {
  id: 'openvex',
  mediaType: 'application/json',
  about: 'VEX as OpenVEX 0.2.0; read from 0.0.1 on',
  recognises: (document) => textAt(asObject(document), '@context')?.startsWith('https://openvex.dev/ns') === true,
  read: readOpenVex,
  write: writeOpenVex,
};
