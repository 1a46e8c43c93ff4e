import { spawn } from 'node:child_process';
import { CodedError } from '../../model/errors.ts';
import type { Credentials } from './credentials.ts';

const mostOutputBytes = 64 * 1024;
const timeoutMs = 30_000;
/** The word of the helper protocol for "there is none", on standard output with exit code 1. */
const notFound = /credentials not found|no credentials server URL/i;

/**
 * Asks `docker-credential-NAME get` for the login of a server. Null where it has none. Run without a shell, at most 30 s
 * and 64 KiB. Its output is never put into a message, because it may hold the secret.
 * Throws `config-invalid` where it is not installed, `source-unauthorized` where it fails.
 * Protocol: https://github.com/docker/docker-credential-helpers#development
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly file: string;
    readonly signal: AbortSignal;
  },
): Promise<Credentials | null> {
  const { env, file, signal } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(name)) {
    throw new CodedError('config-invalid', `${file}: "credsStore" or "credHelpers" holds no name of a helper.`);
  }
  const program = `docker-credential-${name}`;
  const { code, output } = await run(program, server, env, file, signal);
  if (code !== 0) {
    if (notFound.test(output)) return null;
    throw failed(
      program,
      file,
      code === null ? 'did not end in time or wrote too much' : `ended with exit code ${code}`,
    );
  }
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw failed(program, file, 'did not answer with JSON');
  }
  const { Username: username, Secret: secret } = (answer ?? {}) as { Username?: unknown; Secret?: unknown };
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failed(program, file, 'answered without Username and Secret');
  }
  if (secret === '') return null;
  const from = `${program} (${file})`;
  return username === '<token>'
    ? { kind: 'identity-token', token: secret, from }
    : { kind: 'password', username, password: secret, from };
}

function run(
  program: string,
  input: string,
  env: Readonly<Record<string, string | undefined>>,
  file: string,
  signal: AbortSignal,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env: { ...env }, signal, stdio: ['pipe', 'pipe', 'ignore'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostOutputBytes) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const why = cause.code === 'ENOENT' ? 'is not on the PATH' : `cannot be started (${cause.code ?? cause.name})`;
      reject(
        signal.aborted
          ? new CodedError('aborted', 'Stopped.', { cause })
          : new CodedError('config-invalid', `${program}, which ${file} names for logins, ${why}.`, {
              remedy: 'Install it, or take its name out of the file, or set KVITTO_USERNAME and KVITTO_PASSWORD.',
            }),
      );
    });
    // A helper that ends before it has read its input closes the pipe: its exit code tells all.
    child.stdin.on('error', () => {});
    child.stdin.end(`${input}\n`);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

function failed(program: string, file: string, what: string): CodedError {
  return new CodedError('source-unauthorized', `${program}, which ${file} names for logins, ${what}.`, {
    remedy: `Try it by hand: echo SERVER | ${program} get`,
  });
}
