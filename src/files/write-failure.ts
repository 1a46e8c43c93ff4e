import { CodedError, messageOf } from '../model/errors.ts';

const unwritableCodes = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']);
const fullCodes = new Set(['ENOSPC', 'EDQUOT']);

/** https://www.sqlite.org/rescode.html; the low byte of what `node:sqlite` gives as `errcode`. */
const sqlite = { perm: 3, readonly: 8, ioError: 10, full: 13, cannotOpen: 14 };

/** What the user can do, by what is wrong. */
export interface WriteRemedies {
  readonly unwritable: string;
  readonly full: string;
}

const ordinary: WriteRemedies = {
  unwritable: 'let this user write there, or use another folder (KVITTO_HOME)',
  full: 'free some space there, or use a folder on a larger disk (KVITTO_HOME)',
};

/**
 * What to throw in the place of `thrown`, which writing `place` ended with: `disk-full` and `output-unwritable` are the
 * user's to clear. Failures stay as they are, and so does all else: it is a bug.
 */
export function writeFailure(place: string, thrown: unknown, remedies: WriteRemedies = ordinary): unknown {
  if (!(thrown instanceof Error) || thrown instanceof CodedError) return thrown;
  const code = 'code' in thrown ? String(thrown.code) : '';
  const result = 'errcode' in thrown ? Number(thrown.errcode) & 0xff : 0;
  if (fullCodes.has(code) || result === sqlite.full || result === sqlite.ioError) {
    return new CodedError('disk-full', `writing ${place} failed: ${messageOf(thrown)}`, {
      remedy: remedies.full,
      cause: thrown,
    });
  }
  if (unwritableCodes.has(code) || [sqlite.perm, sqlite.readonly, sqlite.cannotOpen].includes(result)) {
    return new CodedError('output-unwritable', `${place} cannot be written: ${messageOf(thrown)}`, {
      remedy: remedies.unwritable,
      cause: thrown,
    });
  }
  return thrown;
}
