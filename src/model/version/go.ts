import { isDigit } from './digits.ts';
import type { VersionScheme } from './scheme.ts';
import { compareLenient, validLenient } from './semver.ts';

const release = /^(\d+(?:\.\d+){0,2})(rc|beta|alpha)(\d+)$/;

/**
 * A Go version as semantic version: module versions lose their `v`; releases of Go itself (`go1.22rc1`) get the shape that
 * the Go vulnerability database gives them (`1.22.0-rc.1`). Anything else comes back as it is.
 */
export function goToSemver(version: string): string {
  const bare = version.startsWith('go') ? version.slice(2) : version;
  const last = bare.charCodeAt(bare.length - 1);
  if (!isDigit(last) || bare.includes('-') || bare.length > 100) return bare;
  const parts = release.exec(bare);
  if (parts === null) return bare;
  const [, numbers = '', word = '', count = ''] = parts;
  const missing = 2 - (numbers.split('.').length - 1);
  return `${numbers}${'.0'.repeat(missing)}-${word}.${count}`;
}

/**
 * Order of Go modules and of Go's releases. Module versions are semantic versions with a leading `v`, pseudo-versions are
 * pre-releases, `+incompatible` does not count. Sources: https://go.dev/ref/mod#versions, https://go.dev/doc/security/vuln/database
 */
export const go: VersionScheme = {
  id: 'go',
  valid: (version) => validLenient(goToSemver(version), 3),
  compare: (a, b) => compareLenient(goToSemver(a), goToSemver(b)),
};
