import { isDay, isInstant, isJustification } from '../../model/decision.ts';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { asObject, listAt, objectAt, own, textAt, textsOf } from '../json-values.ts';
import { VexCollector } from '../vex-collector.ts';
import type { VexDocument } from '../vex-format.ts';
import type { Place } from '../vex-scope.ts';
import { actionOfResponse, cyclonedxMeaning, cyclonedxWords, type Meaning } from '../vex-words.ts';
import { BomRefs, type Known, withVersion } from './bom.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the analyses of the vulnerabilities of a CycloneDX document, 1.4 to 1.7. A vulnerability without an analysis is a
 * finding and states nothing. Throws `document-invalid` where it is none of them.
 */
export function readCyclonedxVex(document: unknown, name: string): VexDocument {
  const bom = asObject(document);
  const spec = textAt(bom, 'specVersion') ?? '';
  if (bom === null || own(bom, 'bomFormat') !== 'CycloneDX' || !/^1\.[4-7]$/.test(spec)) {
    const stated = spec === '' ? '' : `, but says version ${clip(spec, 20)}`;
    throw new CodedError('document-invalid', `${clip(name)} is not CycloneDX JSON of version 1.4 to 1.7${stated}`, {
      remedy: 'write the VEX as CycloneDX JSON 1.6',
    });
  }
  const metadata = objectAt(bom, 'metadata');
  const timestamp = textAt(metadata, 'timestamp');
  const author = authorOf(metadata);
  const collector = new VexCollector(name, author);
  const refs = new BomRefs(bom, collector);
  for (const entry of listAt(bom, 'vulnerabilities')) {
    if (collector.full) break;
    const v = asObject(entry);
    if (v === null) collector.tell('malformed', 'a vulnerability is no object and was left out');
    else readVulnerability(v, refs, timestamp, collector);
  }
  const version = own(bom, 'version');
  return collector.finish({
    id: property(metadata, 'kvitto:id') ?? textAt(bom, 'serialNumber'),
    author,
    timestamp,
    version: typeof version === 'number' ? String(version) : null,
  });
}

function authorOf(metadata: Json | null): string | null {
  const author = asObject(listAt(metadata, 'authors')[0]);
  const supplier =
    objectAt(metadata, 'supplier') ?? objectAt(metadata, 'manufacturer') ?? objectAt(metadata, 'manufacture');
  return textAt(author, 'name') ?? textAt(author, 'email') ?? textAt(supplier, 'name');
}

function readVulnerability(v: Json, refs: BomRefs, documentTime: string | null, collector: VexCollector): void {
  const analysis = objectAt(v, 'analysis');
  const state = textAt(analysis, 'state');
  if (state === null) return;
  const label = textAt(analysis, 'justification');
  const meaning = cyclonedxMeaning(state, label);
  if (meaning === null) {
    collector.tell('malformed', 'a state is no word of CycloneDX; its vulnerability was left out', state);
    return;
  }
  const reviewBy = property(v, 'kvitto:reviewBy');
  const mapped = ours(v, meaning, label);
  collector.add({
    vulnerability: textAt(v, 'id'),
    aliases: listAt(v, 'references').flatMap((r) => textAt(asObject(r), 'id') ?? []),
    places: places(v, refs, collector),
    status: meaning.status,
    justification: mapped.justification,
    originalJustification: mapped.originalJustification,
    impact: detail(textAt(analysis, 'detail'), mapped),
    action: action(v, analysis, meaning),
    madeAt: textAt(analysis, 'lastUpdated') ?? textAt(analysis, 'firstIssued') ?? documentTime,
    reviewBy: reviewBy !== null && (isDay(reviewBy) || isInstant(reviewBy)) ? reviewBy : null,
  });
}

/** Our own label beside the standard's, where it is one that the standard's may stand for. */
function ours(v: Json, meaning: Meaning, label: string | null): Meaning {
  const originalJustification = property(v, 'kvitto:originalJustification') ?? meaning.originalJustification;
  const stated = property(v, 'kvitto:justification');
  if (meaning.status !== 'not_affected' || stated === null || !isJustification(stated))
    return { ...meaning, originalJustification };
  const words = cyclonedxWords({ status: 'not_affected', justification: stated, originalJustification });
  return words.justification === label
    ? { ...meaning, justification: stated, originalJustification }
    : { ...meaning, originalJustification };
}

/** The detail, but not the sentence that stands there for a label alone. */
function detail(text: string | null, meaning: Meaning): string | null {
  return meaning.justification !== null && text === cyclonedxWords(meaning).inWords ? null : text;
}

function action(v: Json, analysis: Json | null, meaning: Meaning): string | null {
  const texts = [textAt(v, 'recommendation'), textAt(v, 'workaround')].filter((text) => text !== null);
  const stated = actionOfResponse(
    textsOf(listAt(analysis, 'response')),
    texts.length === 0 ? null : texts.join('\n\n'),
  );
  return stated ?? meaning.action;
}

function places(v: Json, refs: BomRefs, collector: VexCollector): Place[] {
  const found: Place[] = [];
  for (const entry of listAt(v, 'affects')) {
    const affected = asObject(entry);
    const ref = textAt(affected, 'ref');
    const known = ref === null ? null : refs.place(ref);
    if (known === null) {
      collector.tell('malformed', 'a reference to what is affected leads nowhere and was left out', ref ?? '');
      continue;
    }
    for (const place of narrowed(known, listAt(affected, 'versions'))) if (collector.take()) found.push(place);
  }
  return found;
}

/** A component without version, in the versions that the analysis is about. A range cannot be told by one purl and names nothing. */
function narrowed(known: Known, versions: readonly unknown[]): Place[] {
  const { product, component } = known;
  if (!known.versionless || component === null || versions.length === 0) return [{ product, component }];
  return versions.flatMap((entry) => {
    const v = asObject(entry);
    const version = textAt(v, 'version');
    const range = textAt(v, 'range');
    if ((textAt(v, 'status') ?? 'affected') === 'unaffected' || (version === null && range === null)) return [];
    if (version !== null) return [{ product, component: withVersion(component, version) }];
    return [{ product, component: clip(`${component} ${range}`, 4000) }];
  });
}

function property(holder: Json | null, name: string): string | null {
  const found = listAt(holder, 'properties')
    .map(asObject)
    .find((p) => textAt(p, 'name') === name);
  return textAt(found ?? null, 'value');
}
