// A TLS server that reads and forgets, and ends its side when the other has: `bare-receiver.ts CERT KEY`. Prints its port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const [, , cert = '', key = ''] = process.argv;
const options = { allowHalfOpen: true, cert: readFileSync(cert), key: readFileSync(key) };
const server = createServer(options, (socket) => {
  socket.resume();
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`);
});
