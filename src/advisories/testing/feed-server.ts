import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request instead of the folder; returns false to let the folder answer. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A loopback web server over documents in memory, with ETags, that writes down what it was asked. */
export interface FeedServer {
  readonly base: string;
  /** By path without the leading slash. */
  readonly documents: Map<string, string | Uint8Array>;
  /** `200 osv/Go/all.zip`, in order; emptied by `taken`. */
  taken(): string[];
  /** Set to misbehave. */
  answer: Answer | null;
  close(): Promise<void>;
}

export async function feedServer(): Promise<FeedServer> {
  const documents = new Map<string, string | Uint8Array>();
  let log: string[] = [];
  const server = createServer((request, response) => {
    const wanted = decodeURIComponent((request.url ?? '/').slice(1));
    response.on('finish', () => log.push(`${response.statusCode} ${wanted}`));
    if (self.answer?.(request, response) === true) return;
    const document = documents.get(wanted);
    if (document === undefined) {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${createHash('sha256').update(document).digest('hex').slice(0, 16)}"`;
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    const body = Buffer.from(document);
    response
      .writeHead(200, { etag, 'content-type': 'application/octet-stream', 'content-length': body.length })
      .end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FeedServer = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    documents,
    taken: () => {
      const taken = log;
      log = [];
      return taken;
    },
    answer: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}
