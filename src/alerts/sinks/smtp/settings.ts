import { isIP } from 'node:net';
import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { span } from '../../http/endpoint.ts';

// What every server takes without extensions: letters of ASCII, no quotes, no comments (https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2).
const mailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    'expected a mail address: team@example.org',
  );

const host = z.string().regex(/^[A-Za-z0-9:._-]{1,253}$/, 'expected the name or address of a host');

const ports = { starttls: 587, tls: 465, none: 25 } as const;

export const settings = z
  .strictObject({
    host,
    port: z.int().min(1).max(65_535).optional(),
    /** `starttls`: the connection is made safe before anything is told, and is not used where it cannot be. `tls`: it is from the first byte on. */
    tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    /** Lets `none` be used with another machine. */
    insecure: z.boolean().default(false),
    user: z.string().min(1).max(500).optional(),
    password: secret.optional(),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(50),
    /** Certificates to trust instead of those of Node and of the system. */
    ca: z.string().min(1).max(4096).optional(),
    /** Name that the certificate must carry, where it is not the host. */
    serverName: host.optional(),
    /** For one mail. */
    timeout: span(1000, 300_000).default(30_000),
  })
  .refine((s) => s.tls !== 'none' || s.insecure || isLoopback(s.host), {
    path: ['tls'],
    error: 'none sends mails and passwords in the open: only for this machine itself, or with insecure: true',
  })
  .refine((s) => (s.user === undefined) === (s.password === undefined), {
    path: ['password'],
    error: 'user and password come together',
  })
  .transform((s) => ({ ...s, port: s.port ?? ports[s.tls] }));

export type Settings = z.output<typeof settings>;

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
