import { apk } from './apk.ts';
import { bitnami } from './bitnami.ts';
import { deb } from './deb.ts';
import { gem } from './gem.ts';
import { go } from './go.ts';
import { pep440 } from './pep440.ts';
import { rpm } from './rpm.ts';
import type { VersionScheme } from './scheme.ts';
import { semver } from './semver.ts';

/** Every version order that is known here. */
export const allSchemes: readonly VersionScheme[] = [apk, bitnami, deb, gem, go, pep440, rpm, semver];
