import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

/** Where a container daemon listens. */
export type DaemonPlace =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: DaemonTls | null };

/** What a daemon behind TLS knows its clients by, and they it: PEM texts. */
export interface DaemonTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The text of a place as users write it. */
export function formatPlace(place: DaemonPlace): string {
  return place.kind === 'unix' ? place.path : `tcp://${place.host}:${place.port}`;
}

/**
 * The place that `DOCKER_HOST` or `CONTAINER_HOST` names: `unix:///path` or `tcp://host:port`, which is plain http
 * unless there is `tls`. Throws `usage`, or `source-unsupported` for ssh and pipes.
 */
export function parseDaemonHost(
  text: string,
  variable: string,
  defaultPort: number,
  tls: DaemonTls | null = null,
): DaemonPlace {
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length);
    if (path.startsWith('/') && !path.includes('\0')) return { kind: 'unix', path };
  } else if (/^(?:tcp|http):\/\//.test(text) && URL.canParse(text.replace(/^\w+/, 'http'))) {
    const url = new URL(text.replace(/^\w+/, 'http'));
    // A scheme's own port is left out of a parsed URL.
    const port = url.port !== '' ? Number(url.port) : /:80\/*$/.test(text) ? 80 : defaultPort;
    return { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, tls };
  } else if (/^(?:ssh|https|npipe|fd):\/\//.test(text)) {
    throw new CodedError(
      'source-unsupported',
      `${variable}: daemons at ${clip(text.split(':')[0] ?? '')}:// cannot be asked.`,
      {
        remedy: 'Scan on the machine of the daemon, or save the image to a file there (docker save -o image.tar).',
      },
    );
  }
  throw new CodedError('usage', `${variable}: "${clip(text, 100)}" is not the address of a daemon.`, {
    remedy: 'Write it as unix:///path/of/socket or tcp://host:port.',
  });
}
