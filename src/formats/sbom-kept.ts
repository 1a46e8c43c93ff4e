import type { Digest, Location, OperatingSystem } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';
import { asObject, own, parsedJson, textAt } from './json-values.ts';
import { isProblemCode } from './problem-codes.ts';

// What SBOM formats have no place for is kept as JSON text in properties and annotations. It comes back from a file that
// anybody may have written, so every value is looked at before it is believed.

const digestPattern = /^sha256:[0-9a-f]{64}$/;

function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** A digest that a document names; null where the text is none. */
function asDigest(text: string | null): Digest | null {
  return text !== null && isDigest(text) ? text : null;
}

/** A problem as the text of a property. */
export function keptProblem(p: Problem): string {
  return JSON.stringify({ code: p.code, where: p.where, message: p.message });
}

/** The problem in the text of a property. Text that is none becomes a problem itself, so that nothing turns green by it. */
export function readProblem(text: string, documentName: string): Problem {
  const value = asObject(parsedJson(text));
  const code = textAt(value, 'code');
  const where = own(value, 'where');
  const message = own(value, 'message');
  if (code === null || !isProblemCode(code) || typeof where !== 'string' || typeof message !== 'string') {
    return {
      code: 'malformed',
      where: documentName,
      message: `it names a problem of its scan that cannot be read: ${clip(text)}`,
    };
  }
  return { code, where: clip(where, 4096), message: clip(message, 4096) };
}

/** An operating system as the text of a property. */
export function keptOs(os: OperatingSystem): string {
  return JSON.stringify({ id: os.id, versionId: os.versionId, name: os.name, ecosystem: os.ecosystem });
}

/** The operating system in the text of a property; null where the text holds none. */
export function readOs(text: string): OperatingSystem | null {
  const value = asObject(parsedJson(text));
  const id = own(value, 'id');
  const versionId = own(value, 'versionId');
  const name = own(value, 'name');
  const ecosystem = own(value, 'ecosystem');
  if (typeof id !== 'string' || typeof versionId !== 'string' || typeof name !== 'string') return null;
  return { id, versionId, name, ecosystem: typeof ecosystem === 'string' ? ecosystem : null };
}

/** A location from parts of a document; null without a path. */
export function readLocation(path: unknown, layer: unknown): Location | null {
  if (typeof path !== 'string' || path === '') return null;
  return { path: path.replace(/^\/{1,8}/, ''), layer: asDigest(typeof layer === 'string' ? layer : null) };
}

/** Order of locations in a component. */
export function sortLocations(locations: readonly Location[]): Location[] {
  const seen = new Map(locations.map((l) => [`${l.path}\0${l.layer ?? ''}`, l]));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, l]) => l);
}
