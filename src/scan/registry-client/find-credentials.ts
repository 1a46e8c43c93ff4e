import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../model/errors.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { Credentials } from './credentials.ts';

export interface CredentialLookup {
  readonly host: string;
  readonly repository: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Whether `KVITTO_USERNAME` and `KVITTO_PASSWORD` are meant for this host: they are for the one that the user named. */
  readonly named: boolean;
}

const mostFileBytes = 4 * 1024 * 1024;

/**
 * The login for a repository; null for none. Looked for in `KVITTO_USERNAME`/`KVITTO_PASSWORD`, then in
 * `$REGISTRY_AUTH_FILE`, `$DOCKER_CONFIG/config.json` (`~/.docker/config.json`), `$XDG_RUNTIME_DIR/containers/auth.json`
 * and `~/.config/containers/auth.json`: in each the helper of the host, its entry, then the store of the file.
 * Throws `config-invalid` where a file cannot be read.
 * Files: https://docs.docker.com/reference/cli/docker/login/ and containers-auth.json(5).
 */
export async function findCredentials(lookup: CredentialLookup): Promise<Credentials | null> {
  const { env } = lookup;
  const { KVITTO_USERNAME: username, KVITTO_PASSWORD: password } = env;
  if (lookup.named && username && password !== undefined) {
    return { kind: 'password', username, password, from: 'KVITTO_USERNAME and KVITTO_PASSWORD' };
  }
  for (const file of credentialFiles(env)) {
    const config = await readConfig(file);
    const found = config === null ? null : await fromConfig(config, file, lookup);
    if (found !== null) return found;
  }
  return null;
}

function credentialFiles(env: CredentialLookup['env']): string[] {
  const home = env['HOME'];
  const docker = env['DOCKER_CONFIG'] || (home ? join(home, '.docker') : '');
  const config = env['XDG_CONFIG_HOME'] || (home ? join(home, '.config') : '');
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    env['REGISTRY_AUTH_FILE'] ?? '',
    docker && join(docker, 'config.json'),
    runtime ? join(runtime, 'containers', 'auth.json') : '',
    config && join(config, 'containers', 'auth.json'),
  ].filter((file) => file !== '');
}

async function readConfig(file: string): Promise<Record<string, unknown> | null> {
  try {
    if ((await stat(file)).size > mostFileBytes) {
      throw new CodedError('config-invalid', `${file}: larger than ${mostFileBytes} bytes: is it a login file?`);
    }
    return recordOf(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    // The parser's own message would quote the file, which holds secrets.
    throw new CodedError('config-invalid', `${file}: ${code ? `cannot be read (${code})` : 'not JSON'}.`, {
      remedy: 'Correct the file (docker login writes it), or set KVITTO_USERNAME and KVITTO_PASSWORD.',
    });
  }
}

async function fromConfig(
  config: Record<string, unknown>,
  file: string,
  lookup: CredentialLookup,
): Promise<Credentials | null> {
  const names = namesOf(lookup.host, lookup.repository);
  const server = lookup.host === 'docker.io' ? 'https://index.docker.io/v1/' : lookup.host;
  const helper = entryFor(recordOf(config['credHelpers']), names);
  if (typeof helper === 'string') return await askCredentialHelper(helper, server, { ...lookup, file });
  const entry = recordOf(entryFor(recordOf(config['auths']), names));
  const own = fromEntry(entry, file, lookup.host);
  if (own !== null) return own;
  const store = config['credsStore'];
  return typeof store === 'string' && store !== ''
    ? await askCredentialHelper(store, server, { ...lookup, file })
    : null;
}

/** Keys of an entry that fit, closest first: podman logs in to namespaces too. */
function namesOf(host: string, repository: string): string[] {
  const parts = repository.split('/');
  const paths = parts.map((_, at) => `${host}/${parts.slice(0, parts.length - at).join('/')}`);
  return [...paths, host, ...(host === 'docker.io' ? ['index.docker.io', 'registry-1.docker.io'] : [])];
}

function entryFor(entries: Record<string, unknown>, names: readonly string[]): unknown {
  const byName = new Map(Object.entries(entries).map(([key, value]) => [normalKey(key), value]));
  for (const name of names) if (byName.has(name)) return byName.get(name);
  return undefined;
}

function normalKey(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '');
}

function fromEntry(entry: Record<string, unknown>, file: string, host: string): Credentials | null {
  const { auth, username, password, identitytoken, registrytoken } = entry;
  const from = file;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { kind: 'identity-token', token: identitytoken, from };
  }
  if (typeof registrytoken === 'string' && registrytoken !== '') {
    return { kind: 'registry-token', token: registrytoken, from };
  }
  if (typeof auth === 'string' && auth !== '') {
    // Some tools pad the decoded text with zero bytes.
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = text.indexOf(':');
    if (colon < 1) {
      throw new CodedError('config-invalid', `${file}: the "auth" of ${host} is not base64 of user:password.`, {
        remedy: `Log in again: docker login ${host}`,
      });
    }
    return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1), from };
  }
  if (typeof username === 'string' && username !== '' && typeof password === 'string') {
    return { kind: 'password', username, password, from };
  }
  return null;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
