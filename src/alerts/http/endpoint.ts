import { z } from 'zod';
import { duration } from '../config/durations.ts';
import { secret } from '../config/secret.ts';
import { address } from './address.ts';

const file = z.string().min(1).max(4096);
const secretName = /auth|token|secret|key|cookie|passw|credential/i;
const headerName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'expected the name of a header');
/** What this program writes itself, or what would change how a message is framed. */
const ownHeaders: ReadonlySet<string> = new Set(
  'host content-length content-type content-encoding transfer-encoding connection expect upgrade keep-alive te trailer'.split(
    ' ',
  ),
);

/** A length of time in kvitto.yaml within bounds, in milliseconds. */
export function span(leastMs: number, mostMs: number) {
  const words = `expected between ${leastMs / 1000} and ${mostMs / 1000} seconds`;
  return duration.refine((ms) => ms >= leastMs && ms <= mostMs, words);
}

/** Who may be trusted, and as whom one comes. Files are in PEM form and are read anew for each delivery. */
export const tls = z.strictObject({
  /** Certificates to trust instead of those of Node and of the system. */
  ca: file.optional(),
  cert: file.optional(),
  key: secret.optional(),
  /** Name that the certificate must carry, where it is not that of the address. */
  serverName: z.string().min(1).max(253).optional(),
});

const auth = z.union(
  [
    z.strictObject({ bearer: secret }),
    z.strictObject({ apiKey: secret }),
    z.strictObject({ user: z.string().min(1).max(500), password: secret }),
  ],
  'expected { bearer: … }, { apiKey: … } or { user: …, password: … }',
);

/** What every sink over HTTP may be told. Spread it into the sink's strict object. */
export const endpoint = {
  url: address,
  auth: auth.optional(),
  headers: z
    .record(
      headerName.refine((name) => !ownHeaders.has(name.toLowerCase()), 'this header is not for the configuration'),
      z.union([z.string().max(2000), secret]),
    )
    .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
    .refine(
      (headers) => !Object.entries(headers).some(([name, value]) => typeof value === 'string' && secretName.test(name)),
      'what a header of this name holds is secret: write { env: NAME } or { file: PATH }',
    )
    .optional(),
  tls: tls.optional(),
  /** Nothing of the environment: where there is none, none is used. */
  proxy: address.optional(),
  /** For one request, from the connection to the end of the answer. */
  timeout: span(1000, 300_000).default(30_000),
};

const shape = z.strictObject(endpoint);
export type Endpoint = z.output<typeof shape>;
