import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder with the official schemas, which are not part of the repository: `KVITTO_SCHEMAS`, or beside the checkout. */
const schemaFolder =
  process.env['KVITTO_SCHEMAS'] ?? fileURLToPath(new URL('../../../../shared/reference/schemas', import.meta.url));

/** One of the official schemas; null, after telling so loudly, where the folder is not there. */
export function officialSchema(name: string, skip: (reason: string) => void): Record<string, unknown> | null {
  const path = `${schemaFolder}/${name}`;
  if (!existsSync(path)) {
    skip(`${path} is not there: set KVITTO_SCHEMAS to the folder of the official schemas`);
    return null;
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** One of the official files that are no JSON; null, after telling so loudly, where it is not there. */
export function officialText(name: string, skip: (reason: string) => void): string | null {
  const path = `${schemaFolder}/${name}`;
  if (existsSync(path)) return readFileSync(path, 'utf8');
  skip(`${path} is not there: set KVITTO_SCHEMAS to the folder of the official schemas`);
  return null;
}
