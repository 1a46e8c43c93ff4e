import { hash, type X509Certificate } from 'node:crypto';
import { CodedError, messageOf } from '../../model/errors.ts';
import { openCheckpoint } from '../../tlog/checkpoint.ts';
import { addSignature, cosignaturesOf } from '../../tlog/cosignature.ts';
import { openNote, parseVkey, splitNote } from '../../tlog/note.ts';
import { readTimeStamp, type TimeStamp } from '../../tlog/timestamp.ts';
import type { StampDocument } from '../document-shapes.ts';
import type { CheckpointStamped } from '../fact.ts';
import { readPublicKeys } from '../keys.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { openLogFiles } from '../publish.ts';
import { putJson } from './text.ts';

/** SHA-256 over the text that a checkpoint's signatures are of: what a time stamp is asked for. */
export function stampedDigest(checkpoint: string): Uint8Array {
  const { text } = splitNote(checkpoint);
  return hash('sha256', text, 'buffer');
}

function refused(what: string, thrown: unknown): CodedError {
  return new CodedError('usage', `${what}: ${messageOf(thrown)}`, {
    remedy: 'kvitto log checkpoint writes the present one; ask for the stamp of that file, and give both files here',
    cause: thrown,
  });
}

/** Holds a checkpoint against the log: ours, and of this history. */
async function ownCheckpoint(ledger: Ledger, note: string): Promise<{ size: number; root: string }> {
  const { parts } = ledger;
  const keys = readPublicKeys(parts.paths);
  try {
    const { size, root } = openCheckpoint(note, keys.map(parseVkey), parts.origin);
    const log = await openLogFiles({ ...parts, keys });
    if (size > log.size) throw new Error(`it is of ${size} entries, and the log has ${log.size}`);
    if (Buffer.compare(await log.rootAt(size), root) !== 0)
      throw new Error('its root is not that of the log at that size');
    return { size, root: Buffer.from(root).toString('base64') };
  } catch (thrown) {
    throw refused('the checkpoint is not one of this log', thrown);
  }
}

async function append(
  ledger: Ledger,
  actor: string,
  note: string,
  by: CheckpointStamped['by'],
  evidence: StampDocument,
): Promise<Appended> {
  const { size, root } = await ownCheckpoint(ledger, note);
  const document = await putJson(ledger.documents, evidence);
  return await ledger.append(checkName(actor, '--by'), async () => [
    { kind: 'checkpoint-stamped', size, root, by, evidence: document },
  ]);
}

/**
 * Records a time stamp (RFC 3161) of a checkpoint of this log, present or past. Throws `usage` where it is of something else,
 * does not hold, or leads to none of the trusted certificates where there are any.
 */
export async function stampWithTime(
  ledger: Ledger,
  request: {
    readonly checkpoint: string;
    readonly token: Uint8Array;
    readonly trusted: readonly X509Certificate[];
    readonly actor: string;
  },
): Promise<{ appended: Appended; stamp: TimeStamp }> {
  const { checkpoint, token, trusted, actor } = request;
  let stamp: TimeStamp;
  try {
    stamp = readTimeStamp(token, stampedDigest(checkpoint), trusted.length === 0 ? {} : { trusted: [...trusted] });
    if (stamp.chain === 'untrusted')
      throw new Error(`${stamp.signerName} does not lead to a certificate that was given`);
  } catch (thrown) {
    throw refused('the time stamp does not hold', thrown);
  }
  const evidence: StampDocument = {
    schema: 'kvitto-stamp-1',
    checkpoint,
    token: Buffer.from(token).toString('base64'),
    key: null,
  };
  return { appended: await append(ledger, actor, checkpoint, 'rfc3161', evidence), stamp };
}

/** Records a witness's cosignature of a checkpoint of this log. `line`: as the witness gave it; `key`: the witness's verifier key. */
export async function stampWithCosignature(
  ledger: Ledger,
  request: { readonly checkpoint: string; readonly line: string; readonly key: string; readonly actor: string },
): Promise<{ appended: Appended; name: string; posixSeconds: number }> {
  const { checkpoint, line, key, actor } = request;
  let note: string;
  let cosignature: { readonly name: string; readonly posixSeconds: number } | undefined;
  try {
    note = addSignature(checkpoint, line.trim());
    [cosignature] = cosignaturesOf(openNote(note, [parseVkey(key)]));
    if (cosignature === undefined) throw new Error('it is not by the key that was given');
  } catch (thrown) {
    throw refused('the cosignature does not hold', thrown);
  }
  const evidence: StampDocument = { schema: 'kvitto-stamp-1', checkpoint: note, token: null, key };
  return { appended: await append(ledger, actor, note, 'cosignature', evidence), ...cosignature };
}
