// What holds of a ledger on every database.
import { after, describe } from 'node:test';
import { concurrencyTests } from './contract/concurrency.ts';
import { decisionTests } from './contract/decisions.ts';
import { deploymentTests } from './contract/deployments.ts';
import { factTests } from './contract/facts.ts';
import { integrityTests } from './contract/integrity.ts';
import { migrationTests } from './contract/migrations.ts';
import { repairTests } from './contract/repair.ts';
import { stampTests } from './contract/stamps.ts';
import { newFolder, type Place, removeFolder } from './place.ts';

/** A place for a new ledger. Removed when the tests are over. */
export type NewPlace = () => Promise<Place>;

/** `database`: address of a new, empty database, or null for one in the folder. */
export function ledgerContract(name: string, database: () => Promise<string | null>): void {
  const folders: string[] = [];
  const newPlace: NewPlace = async () => {
    const folder = newFolder();
    folders.push(folder);
    return { folder, databaseUrl: await database() };
  };
  describe(`the ledger on ${name}`, () => {
    after(() => {
      for (const folder of folders) removeFolder(folder);
    });
    deploymentTests(newPlace);
    factTests(newPlace);
    decisionTests(newPlace);
    stampTests(newPlace);
    integrityTests(newPlace);
    migrationTests(newPlace);
    repairTests(newPlace);
    concurrencyTests(newPlace);
  });
}
