import { compareDigits, endOfDigits } from './digits.ts';
import type { VersionScheme } from './scheme.ts';
import { compareLenient, validLenient } from './semver.ts';

/** Where the version without Bitnami's package revision (`-5` of `1.25.3-5`) ends. */
function endOfVersion(version: string): number {
  const hyphen = version.lastIndexOf('-');
  return hyphen > 0 && hyphen + 1 < version.length && endOfDigits(version, hyphen + 1) === version.length
    ? hyphen
    : version.length;
}

/**
 * Order of Bitnami's versions: semantic versions, where a trailing `-N` is the revision of the package and comes after the version
 * without it. Source: https://github.com/bitnami/vulndb (the records name versions without revision).
 */
export const bitnami: VersionScheme = {
  id: 'bitnami',
  valid: (version) => validLenient(version.slice(0, endOfVersion(version)), 4),
  compare(a, b) {
    const aTo = endOfVersion(a);
    const bTo = endOfVersion(b);
    const difference = compareLenient(a.slice(0, aTo), b.slice(0, bTo));
    return difference !== 0 ? difference : compareDigits(a, aTo + 1, a.length, b, bTo + 1, b.length);
  },
};
