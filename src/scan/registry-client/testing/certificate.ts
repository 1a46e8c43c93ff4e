import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const program = 'openssl';

/** A certificate for 127.0.0.1, 127.0.0.2 and localhost that signs itself, made by openssl for one test; null after a loud skip. */
export async function ownCertificate(t: TestContext): Promise<{ key: string; cert: string; certFile: string } | null> {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(() => rm(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:localhost';
  const made = spawnSync(
    program,
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'].concat([
      '-subj',
      '/CN=kvitto test',
      '-addext',
      names,
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ]),
    { timeout: 20_000 },
  );
  if (made.error !== undefined || made.status !== 0) {
    t.skip('openssl is not installed: apt-get install openssl');
    return null;
  }
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8'), certFile };
}
