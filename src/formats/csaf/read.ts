import { isJustification, isVulnerabilityId, maxStatementTextLength, type VexStatus } from '../../model/decision.ts';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { asObject, listAt, objectAt, textAt, textsOf } from '../json-values.ts';
import { joinedTexts, VexCollector } from '../vex-collector.ts';
import type { VexDocument } from '../vex-format.ts';
import { takeNotes } from '../vex-notes.ts';
import type { Place } from '../vex-scope.ts';
import { actionOfRemediation, csafStatuses, mostCautious } from '../vex-words.ts';
import { ProductTree } from './product-tree.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads CSAF 2.0 and 2.1 of the profile csaf_vex. A product in two contradicting states has the more cautious one. Throws
 * `document-invalid` for other versions and profiles. https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html
 */
export function readCsaf(document: unknown, name: string): VexDocument {
  const top = asObject(document);
  const about = objectAt(top, 'document');
  const version = textAt(about, 'csaf_version');
  const category = textAt(about, 'category') ?? '';
  const remedy = 'give a CSAF document of version 2.0 or 2.1 with the category csaf_vex';
  if (version !== '2.0' && version !== '2.1')
    throw new CodedError('document-invalid', `${clip(name)} is CSAF of version ${clip(version ?? '?', 20)}`, {
      remedy,
    });
  if (category !== 'csaf_vex')
    throw new CodedError('document-invalid', `${clip(name)} is CSAF of the category ${clip(category, 60)}`, { remedy });
  const tracking = objectAt(about, 'tracking');
  const timestamp = textAt(tracking, 'current_release_date');
  const author = textAt(objectAt(about, 'publisher'), 'name');
  const collector = new VexCollector(name, author);
  const tree = new ProductTree(objectAt(top, 'product_tree'), collector);
  for (const entry of listAt(top, 'vulnerabilities')) {
    if (collector.full) break;
    const v = asObject(entry);
    if (v === null) collector.tell('malformed', 'a vulnerability is no object and was left out');
    else new VulnerabilityReader(v, tree, collector, timestamp).read();
  }
  return collector.finish({ id: textAt(tracking, 'id'), author, timestamp, version: textAt(tracking, 'version') });
}

/** What the document says about one product, as positions in the lists of the vulnerability. */
interface Said {
  flag: number | null;
  readonly threats: number[];
  readonly remediations: number[];
}

class VulnerabilityReader {
  readonly #v: Json;
  readonly #tree: ProductTree;
  readonly #collector: VexCollector;
  readonly #documentTime: string | null;
  readonly #said = new Map<string, Said>();
  readonly #id: string | null;
  readonly #aliases: readonly string[];
  readonly #flags: readonly (Json | null)[];
  readonly #threats: readonly (Json | null)[];
  readonly #remediations: readonly (Json | null)[];

  constructor(v: Json, tree: ProductTree, collector: VexCollector, documentTime: string | null) {
    this.#v = v;
    this.#tree = tree;
    this.#collector = collector;
    this.#documentTime = documentTime;
    const ids = listAt(v, 'ids').flatMap((entry) => textAt(asObject(entry), 'text') ?? []);
    this.#id = textAt(v, 'cve') ?? ids[0] ?? null;
    // Ids of trackers (`2262126`) are no names of vulnerabilities.
    this.#aliases = ids.filter(isVulnerabilityId).slice(0, 102);
    this.#flags = listAt(v, 'flags').map(asObject);
    this.#threats = listAt(v, 'threats').map(asObject);
    this.#remediations = listAt(v, 'remediations').map(asObject);
  }

  read(): void {
    const statuses = this.#statuses();
    this.#gather();
    const groups = new Map<string, { status: VexStatus; said: Said | undefined; places: Place[] }>();
    for (const [id, status] of statuses) {
      const place = this.#tree.place(id);
      if (place === null) {
        this.#collector.tell('malformed', 'a product id is not in the product tree and was left out', id);
        continue;
      }
      const said = this.#said.get(id);
      const key = `${status} ${said?.flag ?? ''} ${said?.threats.join() ?? ''} ${said?.remediations.join() ?? ''}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { status, said, places: [place] });
      else group.places.push(place);
    }
    for (const { status, said, places } of groups.values()) this.#add(status, said, places);
  }

  #statuses(): Map<string, VexStatus> {
    const lists = objectAt(this.#v, 'product_status');
    const statuses = new Map<string, VexStatus>();
    for (const [word, status] of csafStatuses) {
      for (const id of textsOf(listAt(lists, word))) {
        if (!this.#collector.take()) return statuses;
        const known = statuses.get(id);
        if (known !== undefined && known !== status)
          this.#collector.tell('malformed', 'a product has contradicting states; the more cautious one counts', id);
        if (known === undefined || mostCautious.indexOf(status) < mostCautious.indexOf(known)) statuses.set(id, status);
      }
    }
    return statuses;
  }

  #gather(): void {
    this.#spread(this.#flags, (said, at) => {
      if (said.flag === null) said.flag = at;
      else if (said.flag !== at)
        this.#collector.tell('malformed', 'a product has several flags; the first one counts', this.#id ?? '');
    });
    const impacts = this.#threats.map((t) => (textAt(t, 'category') === 'impact' && !isSeverity(t) ? t : null));
    this.#spread(impacts, (said, at) => said.threats.push(at));
    this.#spread(this.#remediations, (said, at) => said.remediations.push(at));
  }

  #spread(list: readonly (Json | null)[], put: (said: Said, at: number) => void): void {
    for (const [at, entry] of list.entries()) {
      for (const id of this.#tree.idsOf(entry)) {
        if (!this.#collector.take()) return;
        let said = this.#said.get(id);
        if (said === undefined) {
          said = { flag: null, threats: [], remediations: [] };
          this.#said.set(id, said);
        }
        put(said, at);
      }
    }
  }

  #add(status: VexStatus, said: Said | undefined, places: readonly Place[]): void {
    const flag = said?.flag == null ? null : (this.#flags[said.flag] ?? null);
    const threats = distinct(said?.threats ?? [], this.#threats);
    const remediations = distinct(said?.remediations ?? [], this.#remediations);
    const label = textAt(flag, 'label');
    const justification = label !== null && isJustification(label) ? label : null;
    if (label !== null && justification === null)
      this.#collector.tell('malformed', 'the label of a flag is no word of CSAF', label);
    const notes = takeNotes(joinedTexts(threats.map((t) => bounded(t))));
    const actions = remediations.map((r) => {
      const details = bounded(r);
      return details === null ? null : actionOfRemediation(textAt(r, 'category'), details);
    });
    const dates = [flag, ...threats, ...remediations].map((entry) => textAt(entry, 'date')).filter((d) => d !== null);
    const counts = status === 'not_affected' ? justification : null;
    this.#collector.add({
      vulnerability: this.#id,
      aliases: this.#aliases,
      places,
      status,
      justification: counts,
      originalJustification: notes.originalJustification ?? (counts === null ? label : null),
      impact: notes.text,
      action: joinedTexts(actions),
      madeAt: dates[0] ?? this.#documentTime,
      reviewBy: notes.reviewBy,
    });
  }
}

function distinct(positions: readonly number[], list: readonly (Json | null)[]): Json[] {
  return [...new Set(positions)].map((at) => list[at] ?? null).filter((entry) => entry !== null);
}

/** Some documents put the severity here in one word: that is no reason for anything. */
function isSeverity(threat: Json | null): boolean {
  return /^(?:none|low|moderate|medium|important|high|critical)\.?$/i.test((textAt(threat, 'details') ?? '').trim());
}

/** The details, cut before they are copied for every statement that they belong to. */
function bounded(entry: Json): string | null {
  return textAt(entry, 'details')?.slice(0, maxStatementTextLength * 2) ?? null;
}
