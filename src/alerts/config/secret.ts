import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { z } from 'zod';
import { CodedError, messageOf } from '../../model/errors.ts';

const longestSecret = 10_000;

/** Something that nobody may read in a log or a message: shown, it is `[secret]`. Read anew each time, so that a rotated one is found. */
export class Secret {
  readonly #read: () => string;

  constructor(read: () => string) {
    this.#read = read;
  }

  /** Throws `config-invalid` naming the variable or file where it is not there. */
  reveal(): string {
    return this.#read();
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

function fromEnvironment(name: string): Secret {
  return new Secret(() => {
    const value = process.env[name];
    if (value !== undefined && value !== '') return value;
    throw new CodedError('config-invalid', `the environment variable ${name} is not set, and a sink needs it`, {
      remedy: `set ${name} for the process that runs kvitto watch`,
    });
  });
}

function fromFile(path: string): Secret {
  return new Secret(() => {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new CodedError('config-invalid', `the secret in ${path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    const value = text.trim();
    if (value === '' || value.length > longestSecret) {
      throw new CodedError('config-invalid', `${path} holds no secret of up to ${longestSecret} characters`);
    }
    return value;
  });
}

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable');

const words = 'a secret does not stand in the file: write { env: NAME } or { file: /run/secrets/name }';

/** A secret in kvitto.yaml: `{ env: NAME }` or `{ file: PATH }`. */
export const secret = z
  .union([z.strictObject({ env: variable }), z.strictObject({ file: z.string().min(1).max(4096) })], words)
  .transform((from) => ('env' in from ? fromEnvironment(from.env) : fromFile(from.file)));
