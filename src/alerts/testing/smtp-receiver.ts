import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A mail as a server took it. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, dots undone. */
  readonly data: string;
}

export interface SmtpReceiver {
  readonly port: number;
  readonly mails: readonly TakenMail[];
  /** Commands that came, in their order. */
  readonly commands: readonly string[];
  stop(): Promise<void>;
}

/** What is answered to a command (`CONNECT`, `EHLO …`, `RCPT TO:<…>`, `.` for the end of a mail): a reply, `drop` to close; null as a server does that takes all. */
export type SmtpScript = (command: string, mails: readonly TakenMail[]) => string | null;

/** A mail server on a free port of this machine that answers as it is told. It knows no TLS. */
export async function startSmtpReceiver(script: SmtpScript = () => null): Promise<SmtpReceiver> {
  const mails: TakenMail[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let from = '';
    let to: string[] = [];
    let data: string[] | null = null;
    let rest = '';
    const answer = (command: string, usual: string): boolean => {
      const said = script(command, mails) ?? usual;
      if (said === 'drop') socket.destroy();
      else if (said !== '') socket.write(`${said}\r\n`);
      return said.startsWith('2') || said.startsWith('3');
    };
    answer('CONNECT', '220 receiver.example ESMTP');
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    function take(line: string): void {
      if (data !== null) {
        if (line !== '.') {
          data.push(line.startsWith('.') ? line.slice(1) : line);
          return;
        }
        const mail = { from, to, data: data.join('\r\n') };
        data = null;
        if (answer('.', '250 queued')) mails.push(mail);
        return;
      }
      commands.push(line);
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO') answer(line, '250-receiver.example\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000000');
      else if (verb === 'MAIL') {
        from = /<(.*?)>/.exec(line)?.[1] ?? '';
        to = [];
        answer(line, '250 ok');
      } else if (verb === 'RCPT') {
        if (answer(line, '250 ok')) to = [...to, /<(.*?)>/.exec(line)?.[1] ?? ''];
      } else if (verb === 'DATA') {
        if (answer(line, '354 go on')) data = [];
      } else if (verb === 'AUTH') answer(line, '235 in');
      else if (verb === 'QUIT') {
        answer(line, '221 bye');
        socket.end();
      } else answer(line, '250 ok');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    mails,
    commands,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
