import { CodedError } from '../../model/errors.ts';
import type { PackAnswer, PackRequest } from '../answer.ts';
import { derive } from '../derive/derive.ts';
import type { Ground } from '../derive/ground.ts';
import type { PackManifest } from '../manifest.ts';
import { recheckMatches } from '../recheck-matches.ts';
import { renderAnswer, vexPath } from '../render.ts';
import { heldInventory, heldKnowledge } from '../shapes/documents.ts';
import type { ZipFiles } from '../zip/read-zip.ts';
import { type Check, Checking } from './checks.ts';
import { differences, shown } from './differences.ts';
import { type ShownLog, textOf } from './log-checks.ts';

/** The request of a manifest as it was asked. */
export function requestOf({ request }: Pick<PackManifest, 'request'>): PackRequest {
  const { service, environment, from, to, asOf, maxFeedAgeMs } = request;
  return { service, environment, from: Date.parse(from), to: Date.parse(to), asOf: Date.parse(asOf), maxFeedAgeMs };
}

/** Works the answer out again from entries and documents, and holds data and pages against it, byte for byte. */
export async function checkAnswer(
  zip: ZipFiles,
  manifest: PackManifest,
  ground: Ground,
  log: ShownLog,
): Promise<Check> {
  const check = new Checking(
    'answer',
    'what ran, what was known and what was decided follow from the entries and documents, and the page shows just that',
  );
  const { checkpoint, keys } = log;
  const { origin, size, root } = checkpoint;
  const state = { origin, keys, size, root: Buffer.from(root).toString('hex') };
  let answer: PackAnswer;
  try {
    answer = await derive(ground, requestOf(manifest), manifest.made, state);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    // What is missing or altered has been told with its place.
    check.cannotSay('pack.json', `cannot be worked out again: ${thrown.message}`);
    return check.done();
  }
  const { ran, known, decided } = answer;
  check.looked(ran.deployments.length + known.vulnerabilities.length + decided.length);
  const rendered = (await check.attempt('pack.json', () => renderAnswer(answer))) ?? [];
  if (zip.has(vexPath) && !rendered.some((r) => r.path === vexPath)) {
    check.fault(vexPath, 'no decision in the pack can be said in VEX');
  }
  for (const { path, text } of rendered) {
    const is = await check.attempt(path, () => textOf(zip.read(path)));
    if (is === null || is === text) continue;
    if (!path.endsWith('.json')) {
      const [there, should] = [is.split('\n'), text.split('\n')];
      const line = should.findIndex((l, at) => l !== there[at]);
      check.fault(`${path} line ${(line < 0 ? should.length : line) + 1}`, 'is not what follows from pack.json');
      continue;
    }
    const found = differences(parsed(is), JSON.parse(text));
    if (found.length === 0) check.fault(path, 'is not as it is written');
    for (const { at, is: says, should } of found) {
      check.fault(`${path} at ${at}`, `says ${shown(says)}; the entries and documents give ${shown(should)}`);
    }
  }
  return check.done();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Matches the components again with the advisory records as they stood, and holds since when each was known against the log. */
export async function checkMatches(ground: Ground, tool: string): Promise<Check> {
  const check = new Checking('matches', 'every match follows from the advisory records that were known then');
  const components = new Set<string>();
  for (const { index, entry } of ground.entries) {
    if (entry.kind !== 'artifact-recorded') continue;
    const inventory = await check.attempt(`document ${entry.inventory}`, () =>
      ground.document(entry.inventory, index, heldInventory),
    );
    for (const { purl } of inventory?.components ?? []) components.add(purl);
  }
  /** Since when each component was known to have something. */
  const since = new Map<string, Set<number>>();
  for (const { index, entry } of ground.entries) {
    if (entry.kind !== 'rescanned') continue;
    for (const digest of entry.documents) {
      const place = `knowledge/${digest.slice('sha256:'.length)}.json`;
      const document = await check.attempt(place, () => ground.document(digest, index, heldKnowledge));
      if (document === null) continue;
      const own = document.opened.filter((m) => components.has(m.component));
      check.looked(own.length);
      for (const { place: at, message } of recheckMatches(document, components)) {
        const where = `${place} at opened[${at}]`;
        if (entry.tool === tool) check.fault(where, message);
        else check.cannotSay(where, `${message}; it was written by ${entry.tool}, and this is ${tool}`);
      }
      for (const [at, { component, id, firstKnown }] of document.opened.entries()) {
        if (!components.has(component)) continue;
        const began = since.get(component) ?? new Set();
        since.set(component, began);
        if (firstKnown !== null && !began.has(Date.parse(firstKnown))) {
          check.fault(
            `${place} at opened[${at}].firstKnown`,
            `nothing in the log says that ${id} was known since then`,
          );
        }
        began.add(Date.parse(firstKnown ?? entry.recorded));
      }
    }
  }
  return check.done();
}
