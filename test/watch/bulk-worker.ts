// A process that rescans in small parts with the store of a day. Its argument says where; it says what it did when it is done.
import { writeSync } from 'node:fs';
import { rescan } from '../../src/watch/rescan.ts';
import { open, type Place } from '../ledger/place.ts';
import { storeOfDay, tiny } from './bulk-stage.ts';

const { day, ...place }: Place & { readonly day: number } = JSON.parse(process.argv[2] ?? '');
const ledger = await open(place, null, { name: 'rescan' });
writeSync(1, 'open\n');
const { entries } = await rescan(ledger, storeOfDay(day), 'watch', { size: tiny, maxFeedAgeMs: null, tell: false });
writeSync(1, `${entries.join(' ')}\n`);
await ledger.close();
