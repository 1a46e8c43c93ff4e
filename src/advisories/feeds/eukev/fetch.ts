import { jsonBytes, readJson, singleDocument } from '../documents.ts';
import type { FactFeed } from '../feed.ts';
import { normalizeEuKev } from './normalize.ts';

/** The EU's catalogue of known exploited vulnerabilities. */
export const eukev: FactFeed = {
  id: 'eukev',
  ...singleDocument({
    path: 'eukev/eukev.json',
    maxBytes: jsonBytes,
    parse: async (file, where) => normalizeEuKev(await readJson(file, where)),
    put: (sink, facts) => sink.putExploited('eukev', facts),
  }),
};
