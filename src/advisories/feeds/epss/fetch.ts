import { limits } from '../../limits.ts';
import { gunzipText, singleDocument } from '../documents.ts';
import type { FactFeed } from '../feed.ts';
import { normalizeEpss } from './normalize.ts';

/** FIRST's exploit prediction scores of the day. */
export const epss: FactFeed = {
  id: 'epss',
  ...singleDocument({
    path: 'epss/epss_scores-current.csv.gz',
    maxBytes: limits.epssBytes,
    parse: async (file, where) => normalizeEpss(await gunzipText(file, where, limits.epssUnpackedBytes)),
    put: (sink, facts) => sink.putEpss(facts),
  }),
};
