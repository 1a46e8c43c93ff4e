import { leasesContract } from '../testing/leases-contract.ts';
import { smallLedger } from '../testing/small-ledger.ts';

leasesContract('SQLite', () => smallLedger(), true);
