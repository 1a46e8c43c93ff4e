import { hash } from 'node:crypto';
import type { Ground } from '../derive/ground.ts';
import { type NamedDocument, namedDocuments } from '../layout.ts';
import { manifestText, type PackManifest, readManifest } from '../manifest.ts';
import { vexPath } from '../render.ts';
import type { ZipFiles } from '../zip/read-zip.ts';
import { type Check, Checking } from './checks.ts';
import { textOf } from './log-checks.ts';

const digestOf = (bytes: Uint8Array) => `sha256:${hash('sha256', bytes, 'hex')}`;

/** Every file against the manifest: none missing, none besides, each as it is named. */
export async function checkFiles(zip: ZipFiles): Promise<{ check: Check; manifest: PackManifest | null }> {
  const check = new Checking('files', 'every file is the one that the manifest names, and there is no other');
  const manifest = await check.attempt('manifest.json', () => readManifest(zip.read('manifest.json')));
  if (manifest === null) return { check: check.done(), manifest };
  if (manifestText(manifest) !== textOf(zip.read('manifest.json'))) {
    check.fault('manifest.json', 'is not as it is written');
  }
  const listed = new Set(['manifest.json']);
  let before = '';
  for (const { path, sha256, sizeBytes } of manifest.files) {
    check.looked();
    if (path <= before) check.fault('manifest.json', `files: ${JSON.stringify(path)} is not in its order`);
    before = path;
    listed.add(path);
    if (!zip.has(path)) {
      check.fault(path, 'is named by the manifest and not there');
      continue;
    }
    const bytes = await check.attempt(path, () => zip.read(path));
    if (bytes !== null && (digestOf(bytes) !== sha256 || bytes.length !== sizeBytes)) {
      check.fault(path, 'is not the file that the manifest names: one of the two was altered');
    }
  }
  for (const path of zip.paths) if (!listed.has(path)) check.fault(path, 'is not named by the manifest');
  return { check: check.done(), manifest };
}

/** Every document that an entry names: there and right, or redacted by an entry. And that each file has its reason to be there. */
export async function checkDocuments(
  zip: ZipFiles,
  manifest: PackManifest,
  ground: Ground,
  /** Of other entries, in a pack with the whole log. */
  others: readonly NamedDocument[],
): Promise<Check> {
  const check = new Checking('documents', 'every document that an entry names is there, or was redacted by an entry');
  const roles = new Map<string, string>();
  for (const path of ['index.html', 'pack.json', 'NOT-COVERED.md', vexPath]) roles.set(path, 'answer');
  roles.set('keys/log.pub', 'key');
  roles.set('log/checkpoint', 'log');
  for (const { index, entry } of ground.entries) {
    roles.set(`log/entries/${index}.json`, 'log');
    roles.set(`log/proofs/${index}.tlog-proof`, 'log');
    if (entry.kind === 'checkpoint-stamped') roles.set(`log/consistency/${entry.size}.txt`, 'log');
  }
  const lost = new Set<string>();
  const named = await check.attempt('log/entries', () => namedDocuments(ground));
  for (const { path, digest, role, entry, optional } of [...(named ?? []), ...others]) {
    check.looked();
    roles.set(path, role);
    if (!zip.has(path)) {
      if (role === 'decisions') lost.add(String(entry));
      if (!optional && !ground.redacted.has(digest)) {
        check.fault(path, `document ${digest}, which entry ${entry} names, is not there, and no entry redacts it`);
      }
      continue;
    }
    const bytes = await check.attempt(path, () => zip.read(path));
    if (bytes !== null && digestOf(bytes) !== digest) {
      if (role === 'decisions') lost.add(String(entry));
      check.fault(path, `is not document ${digest}, which entry ${entry} names`);
    }
  }
  for (const { path, role } of manifest.files) {
    const expected = manifest.wholeLog && path.startsWith('log/tile/') ? 'log' : roles.get(path);
    // Where a list of decisions is not there, its evidence cannot be told from what is foreign.
    const unknown = named === null || (role === 'decision-evidence' && lost.has(path.split('/')[1] ?? ''));
    if (expected === undefined && !unknown) check.fault(path, 'nothing in the pack names this file');
    else if (expected !== undefined && expected !== role) check.fault('manifest.json', `the role of ${path}: ${role}`);
  }
  return check.done();
}
