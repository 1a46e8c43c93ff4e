import { jsonBytes, readJson, singleDocument } from '../documents.ts';
import type { FactFeed } from '../feed.ts';
import { normalizeKev } from './normalize.ts';

/** CISA's catalogue of known exploited vulnerabilities. */
export const kev: FactFeed = {
  id: 'kev',
  ...singleDocument({
    path: 'kev/known_exploited_vulnerabilities.json',
    maxBytes: jsonBytes,
    parse: async (file, where) => normalizeKev(await readJson(file, where)),
    put: (sink, facts) => sink.putExploited('kev', facts),
  }),
};
