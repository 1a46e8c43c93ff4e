import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '../../model/errors.ts';
import { type GetOptions, type Got, isEcosystemName, type Origin } from './origin.ts';

async function digestOfFile(file: string, options: GetOptions): Promise<{ digest: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024, signal: options.signal })) {
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    if (sizeBytes > options.maxBytes) break;
    hash.update(bytes);
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Feeds in a local folder, in the layout that `db mirror` writes. Throws `feed-unreachable` where there is no such folder. */
export function folderOrigin(base: string): Origin {
  const root = path.resolve(base);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CodedError('feed-unreachable', `there is no folder ${base}`, {
      remedy: 'give --feeds a folder or a URL',
    });
  }
  const get = async (wanted: string, options: GetOptions): Promise<Got> => {
    const file = path.join(root, wanted);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return { kind: 'absent' };
    if (!stat.isFile()) throw new CodedError('feed-invalid', `${file} is no regular file`);
    try {
      const { digest, sizeBytes } = await digestOfFile(file, options);
      if (sizeBytes > options.maxBytes) {
        throw new CodedError('limit-exceeded', `${file} has more than the allowed ${options.maxBytes} bytes`);
      }
      if (options.known?.digest === digest) return { kind: 'same' };
      return { kind: 'fresh', file, sizeBytes, digest, url: null, etag: null, lastModified: null };
    } catch (thrown) {
      if (thrown instanceof CodedError) throw thrown;
      if (options.signal.aborted) throw new CodedError('aborted', 'the update was stopped', { cause: thrown });
      throw new CodedError('feed-unreachable', `${file} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
    }
  };
  return {
    kind: 'folder',
    label: base,
    get,
    ecosystems: async () =>
      names(path.join(root, 'osv')).filter(
        (n) => isEcosystemName(n) && existsSync(path.join(root, 'osv', n, 'all.zip')),
      ),
    nvdYears: async () =>
      names(path.join(root, 'nvd')).flatMap((n) => {
        const year = /^nvdcve-2\.0-(\d{4})\.json\.gz$/.exec(n)?.[1];
        return year === undefined ? [] : [Number(year)];
      }),
    close: async () => undefined,
  };
}
