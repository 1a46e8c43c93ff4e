import { epss } from './epss/fetch.ts';
import { eukev } from './eukev/fetch.ts';
import type { FactFeed } from './feed.ts';
import { kev } from './kev/fetch.ts';
import { nvd } from './nvd/fetch.ts';

/** Every feed of facts. Advisories come from `osv/`, per ecosystem. */
export const factFeeds: readonly FactFeed[] = [nvd, kev, eukev, epss];
