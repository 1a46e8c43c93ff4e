// An HTTPS server that takes whatever is sent and answers 204: `hook-receiver.ts CERT KEY`. Prints its port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [, , cert = '', key = ''] = process.argv;
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(204).end());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`);
});
