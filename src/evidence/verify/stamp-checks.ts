import { hash, type X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { StampDocument } from '../../ledger/document-shapes.ts';
import { openCheckpoint } from '../../tlog/checkpoint.ts';
import { cosignaturesOf } from '../../tlog/cosignature.ts';
import { LogError } from '../../tlog/errors.ts';
import { openNote, parseVkey, splitNote } from '../../tlog/note.ts';
import { readTimeStamp } from '../../tlog/timestamp.ts';
import { verifyConsistency } from '../../tlog/verify.ts';
import type { Ground } from '../derive/ground.ts';
import { readConsistency } from '../log-files.ts';
import { parseShape, readJson } from '../shapes/values.ts';
import type { ZipFiles } from '../zip/read-zip.ts';
import { type Check, Checking } from './checks.ts';
import { type ShownLog, textOf } from './log-checks.ts';

const stamp = z.object({
  schema: z.literal('kvitto-stamp-1'),
  checkpoint: z.string(),
  token: z.string().nullable(),
  key: z.string().nullable(),
});

const readStamp = (bytes: Uint8Array, place: string) => parseShape<StampDocument>(stamp, readJson(bytes, place), place);

/** Something that others vouched for. */
export interface Vouched {
  readonly entry: number;
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly size: number;
  /** Whether the certificate of a time stamp leads to one that you trust. A witness's key is yours to know. */
  readonly chain: 'trusted' | 'untrusted' | 'not-checked';
}

/** Time stamps and cosignatures, and that the log that they saw is the beginning of this one. */
export async function checkStamps(
  zip: ZipFiles,
  ground: Ground,
  { note, checkpoint, keys }: ShownLog,
  trusted: readonly X509Certificate[],
): Promise<{ check: Check; vouched: Vouched[] }> {
  const check = new Checking('stamps', 'what others vouched for is the beginning of this log');
  const vouched: Vouched[] = [];
  for (const { index, entry } of ground.entries) {
    if (entry.kind !== 'checkpoint-stamped') continue;
    check.looked();
    const place = `stamps/${index}.json`;
    const document = await check.attempt(place, () => ground.document(entry.evidence, index, readStamp));
    if (document === null) continue;
    await check.attempt(place, () => {
      const seen = openCheckpoint(document.checkpoint, keys.map(parseVkey), checkpoint.origin);
      const sameRoot = Buffer.from(seen.root).toString('base64') === entry.root;
      if (seen.size !== entry.size || !sameRoot) throw new LogError('proof', `it is not of what entry ${index} says`);
      vouched.push({ entry: index, size: seen.size, ...vouchedBy(document, trusted) });
    });
    const path = `log/consistency/${entry.size}.txt`;
    await check.attempt(path, () => {
      const proof = readConsistency(textOf(zip.read(path)), entry.size, note);
      if (proof === null) throw new LogError('malformed', `${path} is not as it is written`);
      const oldRoot = new Uint8Array(Buffer.from(entry.root, 'base64'));
      verifyConsistency({ oldSize: entry.size, oldRoot, size: checkpoint.size, root: checkpoint.root, proof });
    });
  }
  return { check: check.done(), vouched };
}

function vouchedBy(
  { checkpoint, token, key }: StampDocument,
  trusted: readonly X509Certificate[],
): Pick<Vouched, 'by' | 'at' | 'chain'> {
  if (token !== null) {
    const digest = hash('sha256', splitNote(checkpoint).text, 'buffer');
    const options = trusted.length === 0 ? {} : { trusted };
    const { signerName, time, chain } = readTimeStamp(new Uint8Array(Buffer.from(token, 'base64')), digest, options);
    if (chain === 'untrusted')
      throw new LogError('signature', `the certificate of ${signerName} leads to none that you trust`);
    return { by: signerName, at: time, chain };
  }
  const [cosignature] = key === null ? [] : cosignaturesOf(openNote(checkpoint, [parseVkey(key)]));
  if (cosignature === undefined) throw new LogError('signature', 'it is neither a time stamp nor cosigned by its key');
  const at = new Date(cosignature.posixSeconds * 1000);
  if (Number.isNaN(at.getTime())) throw new LogError('malformed', 'the cosignature has a time that no calendar has');
  return { by: cosignature.name, at: at.toISOString(), chain: 'not-checked' };
}
