import type { KnowledgeDocument } from '../../ledger/document-shapes.ts';
import type { Rescanned } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { artifactsWith, closedMatches } from '../../ledger/queries/running-components.ts';
import { readKnowledge } from '../../ledger/read-documents.ts';
import type { NamedVulnerability } from '../../model/event.ts';
import { changeDraft, type Draft, type Origin } from './draft.ts';
import { type MatchChange, matchChanges } from './match-changes.ts';
import { runningThen, touchedBy } from './running.ts';
import { changeWords } from './words.ts';

/** What a pass changed for what ran then, document after document; last the pass itself. */
export async function* knowledgeEvents(ledger: Ledger, fact: Rescanned, at: Origin): AsyncGenerator<Draft> {
  const running = await runningThen(ledger, at);
  const byArtifact = Map.groupBy(running, (r) => r.number);
  const artifacts = [...byArtifact.keys()];
  for (const digest of fact.documents) {
    const document = readKnowledge(await ledger.documents.get(digest), digest);
    const purls = [...new Set([...document.opened, ...document.closed].map((m) => m.component))];
    const closed = [...new Set(document.closed.map((c) => c.component))];
    const runsIn = await artifactsWith(ledger, purls, artifacts);
    const known = new Dates(document);
    for (const each of matchChanges(document, await closedMatches(ledger, closed, at.recorded, at.index))) {
      const runs = (runsIn.get(each.component) ?? []).flatMap((artifact) => byArtifact.get(artifact) ?? []);
      for (const touched of touchedBy(runs)) {
        const { change, component, vulnerability: subject, before, after } = each;
        const vulnerability = known.vulnerability(each);
        const message = changeWords({ change, component, vulnerability: subject, before, after, ...touched });
        yield changeDraft({ change, subject, message, component, vulnerability, before, after, ...touched });
      }
    }
  }
  const { snapshot, scope, components, opened, closed, problems } = fact;
  const message = `${components} components were held against the advisories: ${opened} matches opened, ${closed} closed${problems === 0 ? '' : `, ${problems} problems`}`;
  const told = { snapshot, scope, components, opened, closed, problems };
  yield { type: 'rescan', message, service: null, environment: null, ...told };
}

/** What a document's records say of vulnerabilities. */
class Dates {
  readonly #records: ReadonlyMap<string, { readonly published: string | null; readonly summary: string }>;
  readonly #facts: ReadonlyMap<string, { readonly published: string | null; readonly summary: string }>;

  constructor({ records, facts }: KnowledgeDocument) {
    this.#records = new Map(records.map(({ record }) => [record.id, record]));
    this.#facts = new Map(facts.map((f) => [f.id, f]));
  }

  vulnerability({ vulnerability: id, match }: MatchChange): NamedVulnerability {
    if (match === null) {
      const unknown = { published: null, summary: '', ratedBy: null, vector: null, exploitation: [], epss: null };
      return { id, aliases: [], ...unknown };
    }
    const { aliases, severity, exploitation, epss } = match;
    const said = [
      ...match.advisories.map((a) => this.#records.get(a)),
      ...[id, ...aliases].map((a) => this.#facts.get(a)),
    ].filter((s) => s !== undefined);
    const published = said.flatMap((s) => (s.published === null ? [] : [s.published])).sort()[0] ?? null;
    const summary = said.find((s) => s.summary !== '')?.summary ?? '';
    const { source, vector } = severity;
    return { id, aliases, published, summary, ratedBy: source, vector, exploitation, epss: epss?.probability ?? null };
  }
}
