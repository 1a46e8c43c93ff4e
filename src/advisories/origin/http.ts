import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EnvHttpProxyAgent } from 'undici';
import { CodedError } from '../../model/errors.ts';
import { type FetchOptions, limits } from '../limits.ts';
import { download } from './download.ts';
import { type GetOptions, isEcosystemName, type Origin } from './origin.ts';

const osvBucket = 'https://osv-vulnerabilities.storage.googleapis.com';

/** The public addresses, by the first part of a path. */
const publicBases: ReadonlyMap<string, (rest: string) => string> = new Map([
  ['osv', (rest: string) => `${osvBucket}/${rest}`],
  ['nvd', (rest: string) => `https://nvd.nist.gov/feeds/json/cve/2.0/${rest}`],
  ['kev', (rest: string) => `https://www.cisa.gov/sites/default/files/feeds/${rest}`],
  ['eukev', (rest: string) => `https://raw.githubusercontent.com/enisaeu/CNW/main/eukev/${rest}`],
  ['epss', (rest: string) => `https://epss.empiricalsecurity.com/${rest}`],
]);

function encode(wanted: string): string {
  return wanted.split('/').map(encodeURIComponent).join('/');
}

function publicAddress(wanted: string): string | null {
  const slash = wanted.indexOf('/');
  return publicBases.get(wanted.slice(0, slash))?.(encode(wanted.slice(slash + 1))) ?? null;
}

/** The ecosystems that a `mirror.json` names; null where it is none. */
function mirroredEcosystems(text: string): readonly string[] | null {
  try {
    const feeds = Object.keys((JSON.parse(text) as { feeds?: object } | null)?.feeds ?? {});
    const names = feeds.filter((id) => id.startsWith('osv/')).map((id) => id.slice('osv/'.length));
    return names.filter(isEcosystemName).sort();
  } catch {
    return null;
  }
}

function remote(
  kind: 'http' | 'public',
  label: string,
  address: (wanted: string) => string | null,
  scratch: string,
  options: FetchOptions,
  authorization: string | null = null,
): Origin {
  // Honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: options.idleTimeoutMs } });
  let counter = 0;
  const get = async (wanted: string, request: GetOptions) => {
    const url = address(wanted);
    if (url === null) return { kind: 'absent' } as const;
    counter += 1;
    return download(url, path.join(scratch, `download-${counter}`), request, options, { dispatcher, authorization });
  };
  return {
    kind,
    label,
    get,
    ecosystems: async (signal) => {
      const mirror = await get('mirror.json', { maxBytes: limits.smallBytes, signal });
      if (mirror.kind === 'fresh') return mirroredEcosystems(await readFile(mirror.file, 'utf8'));
      const list = await get('osv/ecosystems.txt', { maxBytes: limits.smallBytes, signal });
      if (list.kind !== 'fresh') return null;
      const text = await readFile(list.file, 'utf8');
      return [...new Set(text.split('\n').map((line) => line.trim()))].filter(isEcosystemName).sort();
    },
    nvdYears: async (now) => Array.from({ length: now.getUTCFullYear() - 2001 }, (_, index) => 2002 + index),
    close: () => dispatcher.close(),
  };
}

/**
 * A web server that offers a feeds folder. A user and password in its address go into a header, and nowhere else: addresses
 * stand in messages, in the store and in `mirror.json`. `scratch`: an existing folder for downloads.
 */
export function httpOrigin(base: string, scratch: string, options: FetchOptions): Origin {
  const url = URL.parse(base);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CodedError('usage', 'the address of the feeds is no http or https address', {
      remedy: 'write it as https://feeds.example.org/path',
    });
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const user = `${decoded(username)}:${decoded(password)}`;
  const authorization = user === ':' ? null : `Basic ${Buffer.from(user).toString('base64')}`;
  const label = user === ':' ? base : url.href;
  const root = label.endsWith('/') ? label : `${label}/`;
  return remote('http', label, (wanted) => root + encode(wanted), scratch, options, authorization);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The publishers' own addresses: OSV, NVD, CISA, ENISA, FIRST. */
export function publicOrigin(scratch: string, options: FetchOptions): Origin {
  return remote('public', 'the public feeds', publicAddress, scratch, options);
}
