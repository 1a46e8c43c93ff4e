// Real receivers of syslog: rsyslog as it is installed, and syslog-ng, whose Debian package cannot be installed beside it, unpacked into a scratch folder.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from '../../src/alerts/sinks/syslog/testing/certificates.ts';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import { root } from '../real/parts.ts';
import { type RunningServer, startServer } from '../real/tool.ts';

export interface RealReceiver {
  readonly port: number;
  readonly folder: string;
  /** The lines of the file that it writes. */
  lines(): string[];
  /** Kills it where it stands. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', (hadError) => resolve(!hadError));
  });
}

async function receiver(
  { folder, port, output }: { readonly folder: string; readonly port: number; readonly output: string },
  begin: (ready: () => Promise<boolean>) => Promise<RunningServer>,
): Promise<RealReceiver> {
  let server: RunningServer | null = null;
  const start = async (): Promise<void> => {
    server = await begin(() => listens(port));
  };
  await start();
  return {
    ...{ port, folder, start },
    lines: () => (existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(0, -1) : []),
    kill: async () => {
      if (server !== null) process.kill(server.pid, 'SIGKILL');
      await server?.stop();
    },
    stop: async () => server?.stop(),
  };
}

/** The example that is shipped, with the paths and the port of a test. */
export function rsyslogExample(folder: string, port: number, ca: Certificate, own: Certificate): string {
  const example = readFileSync(join(root, 'monitoring/rsyslog/kvitto.conf'), 'utf8');
  const config = join(folder, 'rsyslog.conf');
  const text = example
    .replaceAll('/etc/kvitto/tls/ca.pem', ca.cert)
    .replaceAll('/etc/kvitto/tls/receiver.pem', own.cert)
    .replaceAll('/etc/kvitto/tls/receiver.key', own.key)
    .replaceAll('/var/log/kvitto', folder)
    .replace('port="6514"', `port="${port}" address="127.0.0.1"`);
  writeFileSync(config, `global(workDirectory="${folder}")\n${text}`);
  return config;
}

/** rsyslog with the example that is shipped. */
export async function startRsyslog(folder: string, ca: Certificate, own: Certificate): Promise<RealReceiver> {
  mkdirSync(folder, { recursive: true });
  const port = await closedPort();
  const config = rsyslogExample(folder, port, ca, own);
  return receiver({ folder, port, output: join(folder, 'events.json') }, (ready) =>
    startServer('rsyslogd', ['-n', '-f', config, '-i', join(folder, 'pid')], ready),
  );
}

const packages = ['syslog-ng-core', 'libivykis0', 'libnet1', 'libwrap0', 'libpcre3'];

/** Unpacks syslog-ng; the reason to skip where that cannot be. */
export function unpackSyslogNg(folder: string): string | null {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('apt-get', ['download', '-qq', ...packages], { cwd: folder, stdio: 'pipe', timeout: 60_000 });
    for (const each of globSync('*.deb', { cwd: folder }))
      execFileSync('dpkg-deb', ['-x', each, 'root'], { cwd: folder });
    return null;
  } catch {
    return `syslog-ng cannot be had: apt-get download ${packages.join(' ')}`;
  }
}

/** syslog-ng with TLS, or plain TCP where there is no certificate. */
export async function startSyslogNg(unpacked: string, folder: string, own: Certificate | null): Promise<RealReceiver> {
  mkdirSync(folder, { recursive: true });
  const port = await closedPort();
  const output = join(folder, 'events.json');
  const tls =
    own === null
      ? 'transport("tcp")'
      : `transport("tls") tls(key-file("${own.key}") cert-file("${own.cert}") peer-verify(optional-untrusted))`;
  const config = join(folder, 'syslog-ng.conf');
  writeFileSync(
    config,
    `@version: 3.38
options { stats-freq(0); log-msg-size(65536); };
source kvitto { syslog(ip("127.0.0.1") port(${port}) ${tls}); };
destination file { file("${output}" template("\${MESSAGE}\\n")); };
log { source(kvitto); destination(file); flags(flow-control); };
`,
  );
  const at = join(unpacked, 'root');
  const [version = ''] = globSync('usr/lib/syslog-ng/[0-9]*', { cwd: at });
  const libraries = [
    'usr/lib/x86_64-linux-gnu',
    'lib/x86_64-linux-gnu',
    'usr/lib/aarch64-linux-gnu',
    'usr/lib/syslog-ng',
  ];
  const place = (name: string) => join(folder, name);
  const args = ['-F', '-f', config, '-R', place('persist'), '-p', place('pid'), '-c', place('ctl'), '--no-caps'];
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.map((l) => join(at, l)).join(':') };
  return receiver({ folder, port, output }, (ready) =>
    startServer(join(at, 'usr/sbin/syslog-ng'), [...args, `--module-path=${join(at, version)}`], ready, { env }),
  );
}
