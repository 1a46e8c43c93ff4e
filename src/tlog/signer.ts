import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LogError, quoted, reasonOf } from './errors.ts';
import { isKeyName } from './key-name.ts';
import { codeOf, createFile, makeDurableFolder } from './storage/durable-file.ts';

/** Something that signs with Ed25519. It never gives its private key away, so that a device may stand behind it. */
export interface Signer {
  readonly name: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The signature (64 bytes) over a message. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * Makes an Ed25519 key in a new file (PKCS#8, PEM, mode 0600), and its folder. The file is whole and durable once this
 * resolves, and one that is there is never overwritten. Throws `write-failed`, and `malformed` for a name no key may have.
 */
export async function makeKeyFile(path: string, name: string): Promise<Signer> {
  if (!isKeyName(name)) throw new LogError('malformed', `${quoted(name)} is no key name: no spaces, no plus sign`);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  let made: boolean;
  try {
    await makeDurableFolder(dirname(path));
    made = await createFile(path, Buffer.from(pem), 0o600);
  } catch (thrown) {
    throw new LogError('write-failed', `the key file ${path} cannot be written: ${reasonOf(thrown)}`, {
      place: path,
      cause: thrown,
    });
  }
  if (!made)
    throw new LogError('write-failed', `${path} is there already: a key is never overwritten`, { place: path });
  return signerOf(name, privateKey);
}

const maxKeyBytes = 16_384;

/**
 * The signer of a key file as `makeKeyFile` or `openssl genpkey -algorithm ed25519` writes it. Throws `unreadable`, also
 * where others than its owner may read the file, and `malformed` for another kind of key.
 */
export async function openKeyFile(path: string, name: string): Promise<Signer> {
  if (!isKeyName(name)) throw new LogError('malformed', `${quoted(name)} is no key name: no spaces, no plus sign`);
  const pem = await readKey(path);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem' });
  } catch (thrown) {
    throw new LogError('malformed', `${path} is no private key in PEM without a passphrase`, {
      place: path,
      cause: thrown,
    });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new LogError('malformed', `${path} is a key for ${key.asymmetricKeyType ?? 'nothing'}, not for Ed25519`, {
      place: path,
    });
  }
  return signerOf(name, key);
}

async function readKey(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const { mode, size } = await handle.stat();
      // Looked at on the open file: the one that is read is the one that was judged.
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        const octal = (mode & 0o777).toString(8).padStart(4, '0');
        throw new LogError(
          'unreadable',
          `the key file ${path} has mode ${octal}: others may use it; run chmod 600 ${path}`,
          {
            place: path,
          },
        );
      }
      if (size > maxKeyBytes) throw new LogError('too-large', `${path} is too large for a key file`, { place: path });
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (thrown instanceof LogError) throw thrown;
    const why = codeOf(thrown) === 'ENOENT' ? 'it is not there' : reasonOf(thrown);
    throw new LogError('unreadable', `the key file ${path} cannot be read: ${why}`, { place: path, cause: thrown });
  }
}

function signerOf(name: string, key: KeyObject): Signer {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return {
    name,
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: async (message) => new Uint8Array(sign(null, message, key)),
  };
}
