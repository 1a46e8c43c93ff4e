import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { encodingNames } from '../../encodings/encode.ts';

/** RFC 5424 table 1, by the names that everybody uses. */
const facilities = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

const file = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.includes('\0'), 'expected the path of a file');

const printable = (most: number) =>
  z.string().regex(new RegExp(`^[!-~]{1,${most}}$`), `expected 1 to ${most} printable characters without a space`);

/** What fits into a datagram that every receiver takes (RFC 5426 section 3.2), and into what rsyslog takes unless told otherwise. */
const mostBytes = { udp: 2_048, stream: 8_096 };

export const syslogSettings = z
  .strictObject({
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).optional(),
    transport: z.enum(['tls', 'tcp', 'udp']).default('tls'),
    facility: z.enum(facilities).default('local0'),
    appName: printable(48).default('kvitto'),
    /** HOSTNAME of each message; default: this machine's. */
    hostname: printable(255).optional(),
    /** What the message itself is. */
    format: z.enum([...encodingNames, 'text']).default('ecs'),
    structuredData: z.boolean().default(true),
    /** Behind the @ of the structured data. 32473 is IANA's number for examples: who has one of their own names it. */
    enterprise: z.number().int().min(1).max(4_294_967_295).default(32_473),
    /** Longest message with its head. What is longer is made shorter, and says so. */
    maxMessageBytes: z.number().int().min(480).max(1_000_000).optional(),
    /** What counts as delivered: that the receiver ended its side too, or that everything was sent. */
    confirm: z.enum(['close', 'sent']).default('close'),
    /** Without any progress for so long, a delivery is given up. */
    timeoutSeconds: z.number().min(1).max(600).default(20),
    tls: z
      .strictObject({
        /** Certificates to trust, PEM; default: those that Node brings. */
        ca: file.optional(),
        /** Our own certificate, PEM, where the receiver asks for one; and its key. */
        cert: file.optional(),
        key: secret.optional(),
        /** The name that the receiver's certificate must have; default: `host`. */
        serverName: z.string().min(1).max(253).optional(),
      })
      .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key go together')
      .optional(),
  })
  .refine(({ tls, transport }) => tls === undefined || transport === 'tls', 'tls goes with transport: tls')
  .transform(({ port, maxMessageBytes, facility, ...rest }) => ({
    ...rest,
    facility: facilities.indexOf(facility),
    // RFC 5425, RFC 5426; RFC 6587 names none for TCP, and 601 is IANA's for syslog-conn.
    port: port ?? { tls: 6_514, tcp: 601, udp: 514 }[rest.transport],
    maxMessageBytes: maxMessageBytes ?? (rest.transport === 'udp' ? mostBytes.udp : mostBytes.stream),
  }));

export type SyslogSettings = z.infer<typeof syslogSettings>;
