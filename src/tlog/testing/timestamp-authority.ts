import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A time stamp authority made with openssl in a folder of its own. */
export interface Authority {
  /** The certificate that all others lead to, in PEM. */
  readonly root: Buffer;
  /** Answers a request, as `openssl ts -reply` does. */
  answer(request: Uint8Array, options?: { signer?: string; policy?: string }): Buffer;
  /** Runs openssl in the folder. */
  openssl(...args: readonly string[]): string;
}

/** Whether openssl is there. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const config = `
[tsa]
default_tsa = main
[main]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[between]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
[nothing]
[stamp]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[web]
extendedKeyUsage = serverAuth
[both]
extendedKeyUsage = critical, timeStamping, serverAuth
[lax]
extendedKeyUsage = timeStamping
`;

/**
 * Makes an authority with a root, one certificate authority between, and signers: `rsa`, `ec`, `p384`; and those with
 * certificates that are not for time stamping alone: `web`, `both`, `lax`; `byPlain` was issued by a certificate that is no
 * authority, `byShort` by one that ends in 30 days.
 */
export function makeAuthority(folder: string): Authority {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config'), config);
  writeFileSync(join(folder, 'serial'), '0A2B3C4D5E6F708192\n');
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  const key = (name: string, ...algorithm: readonly string[]) =>
    openssl('genpkey', ...algorithm, '-out', `${name}.key`);
  const certificate = (name: string, issuer: string | null, section: string, days: string, serial: string) => {
    openssl(
      'req',
      '-new',
      '-config',
      'config',
      '-key',
      `${name}.key`,
      '-subj',
      `/O=Test Authority/CN=${name}`,
      '-out',
      `${name}.csr`,
    );
    const by = issuer === null ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      '-set_serial',
      serial,
      '-days',
      days,
      '-sha256',
      '-extfile',
      'config',
      '-extensions',
      section,
      '-out',
      `${name}.pem`,
    );
  };
  const ec = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  key('root', ...ec);
  certificate('root', null, 'root', '36500', '1');
  key('between', ...ec);
  certificate('between', 'root', 'between', '36500', '2');
  // No certificate authority by its own words; and one that ends before those that it signs.
  key('plain', ...ec);
  certificate('plain', 'root', 'nothing', '36500', '3');
  key('short', ...ec);
  certificate('short', 'root', 'between', '30', '4');
  const signers = [
    ['rsa', 'stamp', '36500', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['ec', 'stamp', '36500', ec],
    ['p384', 'stamp', '36500', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['web', 'web', '36500', ec],
    ['both', 'both', '36500', ec],
    ['lax', 'lax', '36500', ec],
    ['byPlain', 'stamp', '36500', ec],
    ['byShort', 'stamp', '36500', ec],
  ] as const;
  for (const [i, [name, section, days, algorithm]] of signers.entries()) {
    key(name, ...algorithm);
    const issuer = name === 'byPlain' ? 'plain' : name === 'byShort' ? 'short' : 'between';
    certificate(name, issuer, section, days, String(0x90_00_00_00_00 + i));
  }
  return {
    root: readFileSync(join(folder, 'root.pem')),
    openssl,
    answer(request, { signer = 'rsa', policy } = {}) {
      writeFileSync(join(folder, 'request'), request);
      openssl(
        'ts',
        '-reply',
        '-config',
        'config',
        '-section',
        'main',
        '-queryfile',
        'request',
        '-signer',
        `${signer}.pem`,
        '-inkey',
        `${signer}.key`,
        '-chain',
        'between.pem',
        ...(policy === undefined ? [] : ['-tspolicy', policy]),
        '-out',
        'answer',
      );
      return readFileSync(join(folder, 'answer'));
    },
  };
}
