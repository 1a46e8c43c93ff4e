/** What a witness signs: the text of the checkpoint with the time before it (c2sp.org/tlog-cosignature). */
export function cosignedMessage(checkpointText: string, posixSeconds: number | bigint): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${posixSeconds}\n${checkpointText}`);
}
