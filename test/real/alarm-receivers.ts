// Real receivers, each in a folder of the test and on this machine alone: what the alarm is told to.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import type { Certificate } from '../../src/alerts/testing/certificates.ts';
import { root } from './parts.ts';
import { type RunningServer, startServer } from './tool.ts';

export interface Started {
  readonly port: number;
  readonly server: RunningServer;
}

const answers = (address: string) => async () => (await fetch(address).catch(() => null))?.ok === true;

/** rsyslog over TLS. `lines()`: what it wrote, one JSON text of ours for each message. */
export async function startRsyslog(folder: string, own: Certificate, caFile: string) {
  mkdirSync(folder, { recursive: true });
  const port = await closedPort();
  const file = join(folder, 'received.log');
  const config = `
global(workDirectory="${folder}" maxMessageSize="64k"
  defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${caFile}"
  defaultNetstreamDriverCertFile="${own.certFile}" defaultNetstreamDriverKeyFile="${own.keyFile}")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="whole" type="string" string="%structured-data% %msg%\\n")
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="kvitto")
ruleset(name="kvitto") { action(type="omfile" file="${file}" template="whole" asyncWriting="off") }
`;
  writeFileSync(join(folder, 'rsyslog.conf'), config);
  const words = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
  const listening = () => existsSync('/proc/net/tcp') && isListening(port);
  const server = await startServer('rsyslogd', words, listening);
  const lines = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((l) => l !== '')
      : [];
  return { port, server, lines };
}

/** Without a connection, which a log would show. */
function isListening(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  return readFileSync('/proc/net/tcp', 'utf8').includes(wanted);
}

export async function startAlertmanager(folder: string): Promise<Started> {
  mkdirSync(folder, { recursive: true });
  const port = await closedPort();
  writeFileSync(join(folder, 'a.yml'), 'route: {receiver: none}\nreceivers: [{name: none}]\n');
  const server = await startServer(
    'prometheus-alertmanager',
    [
      `--config.file=${join(folder, 'a.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    answers(`http://127.0.0.1:${port}/-/ready`),
  );
  return { port, server };
}

/** Prometheus that asks a watch every second, with the rules that are shipped. */
export async function startPrometheus(folder: string, watchPort: number): Promise<Started> {
  mkdirSync(folder, { recursive: true });
  const port = await closedPort();
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(root, 'monitoring/prometheus/kvitto.rules.yml')],
    scrape_configs: [{ job_name: 'kvitto', static_configs: [{ targets: [`127.0.0.1:${watchPort}`] }] }],
  };
  writeFileSync(join(folder, 'p.yml'), JSON.stringify(config));
  const server = await startServer(
    'prometheus',
    [
      `--config.file=${join(folder, 'p.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    answers(`http://127.0.0.1:${port}/-/ready`),
  );
  return { port, server };
}

/** The value of a query, by its labels joined; empty before there is one. */
export async function queryPrometheus(port: number, query: string): Promise<Map<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return new Map(
    data.result.map(({ metric, value }) => {
      const { __name__: _, ...labels } = metric;
      return [Object.values(labels).join(' '), Number(value[1])];
    }),
  );
}
