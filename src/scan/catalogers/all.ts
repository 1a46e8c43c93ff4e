import type { Cataloger } from '../cataloger.ts';
import { go } from './lang/go/index.ts';
import { goMod } from './lang/go-mod/index.ts';
import { npm } from './lang/npm/index.ts';
import { npmLock } from './lang/npm-lock/index.ts';
import { npmManifest } from './lang/npm-manifest/index.ts';
import { pdmLock } from './lang/pdm-lock/index.ts';
import { pipfileLock } from './lang/pipfile-lock/index.ts';
import { pnpmLock } from './lang/pnpm-lock/index.ts';
import { poetryLock } from './lang/poetry-lock/index.ts';
import { pylock } from './lang/pylock/index.ts';
import { python } from './lang/python/index.ts';
import { pythonManifest } from './lang/python-manifest/index.ts';
import { requirements } from './lang/requirements/index.ts';
import { uvLock } from './lang/uv-lock/index.ts';
import { yarnLock } from './lang/yarn-lock/index.ts';
import { apk } from './os/apk/index.ts';
import { dpkg } from './os/dpkg/index.ts';
import { unreadDatabase } from './os/unread-database/index.ts';

/** Every cataloger, in the order in which coverage is reported. */
export const allCatalogers: readonly Cataloger[] = [
  apk,
  dpkg,
  unreadDatabase,
  go,
  goMod,
  npm,
  npmLock,
  yarnLock,
  pnpmLock,
  npmManifest,
  python,
  requirements,
  poetryLock,
  pipfileLock,
  uvLock,
  pdmLock,
  pylock,
  pythonManifest,
];
