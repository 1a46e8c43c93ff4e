import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

/** A new authority, made by openssl. Throws where openssl is not there. */
export function makeAuthority(folder: string, name: string): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  openssl(['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`, '-days', '30']);
  return { cert, key };
}

/** A certificate for names (`DNS:localhost`), signed by an authority. `days` before 0: it has run out. */
export function makeCertificate(
  folder: string,
  name: string,
  { by, names = 'DNS:localhost,IP:127.0.0.1', days = 30 }: { by: Certificate; names?: string; days?: number },
): Certificate {
  const [cert, key, request] = [join(folder, `${name}.pem`), join(folder, `${name}.key`), join(folder, `${name}.csr`)];
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, `subjectAltName=${names}\n`);
  openssl(['req', ...curve, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
  const signing = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', String(days), '-extfile', extensions];
  openssl(['x509', '-req', '-in', request, '-out', cert, ...signing]);
  return { cert, key };
}
