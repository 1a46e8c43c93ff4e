import { ledgerContract } from './contract.ts';

ledgerContract('SQLite', async () => null);
