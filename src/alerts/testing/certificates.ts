import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A certificate and its key: as files, and as text for a server. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** A certification authority that openssl made. */
export interface Authority {
  readonly caFile: string;
  readonly ca: string;
  /** `names` as openssl writes them: `IP:127.0.0.1`, `DNS:example`. `days`: -1 has expired. */
  issue(name: string, names: string, days?: number): Promise<Certificate>;
  /** Removes its files. */
  remove(): Promise<void>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes an authority in a folder of its own. Throws with the code `ENOENT` where openssl is not installed. */
export async function startAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-authority-'));
  const at = (file: string): string => join(folder, file);
  await execute('openssl', [
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Authority of a test'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  ]);
  const issue = async (name: string, names: string, days = 2): Promise<Certificate> => {
    const [keyFile, certFile, request] = [at(`${name}.key`), at(`${name}.pem`), at(`${name}.csr`)];
    await execute('openssl', [
      ...['req', '-new', ...newKey, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`],
      ...['-keyout', keyFile, '-out', request],
    ]);
    await execute('openssl', [
      ...['x509', '-req', '-in', request, '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
      ...['-days', String(days), '-copy_extensions', 'copy', '-out', certFile],
    ]);
    return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  };
  return {
    caFile: at('ca.pem'),
    ca: await readFile(at('ca.pem'), 'utf8'),
    issue,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
