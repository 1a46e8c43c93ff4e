import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

/** What an image runs on, in the words of the OCI image specification (`GOOS`, `GOARCH`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

const architectures: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['x64', 'amd64'],
  ['aarch64', 'arm64'],
  ['armhf', 'arm'],
  ['ia32', '386'],
  ['i386', '386'],
  ['ppc64', 'ppc64le'],
]);

/** The platform in the form in which two of them can be compared: known other names replaced, the default variant left out. */
export function normalPlatform(platform: Platform): Platform {
  const lower = platform.architecture.toLowerCase();
  const architecture = architectures.get(lower) ?? lower;
  const variant = platform.variant?.toLowerCase() || null;
  const usual =
    architecture === 'arm64' ? 'v8' : architecture === 'amd64' ? 'v1' : architecture === 'arm' ? 'v7' : null;
  return { os: platform.os.toLowerCase(), architecture, variant: variant === usual ? null : variant };
}

/** `linux/amd64`, `linux/arm64/v8` → its parts. Throws `usage` where it is not of that form. */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || variant === '' || rest.length > 0) {
    throw new CodedError('usage', `"${clip(text, 80)}" is not a platform.`, {
      remedy: 'Write it as os/architecture[/variant], for example --platform linux/arm64.',
    });
  }
  return { os, architecture, variant: variant ?? null };
}

/** The text of a platform. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** Whether two platforms are the same once their names are made comparable. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalPlatform(a)) === formatPlatform(normalPlatform(b));
}

/** What is taken when nobody chose: linux on this machine's architecture. */
export function defaultPlatform(): Platform {
  return { os: 'linux', architecture: architectures.get(process.arch) ?? process.arch, variant: null };
}
