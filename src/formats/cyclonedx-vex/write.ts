import type { Statement } from '../../model/decision.ts';
import { parsePurl } from '../../model/purl.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import { uuidOf } from '../component-key.ts';
import { jsonText } from '../json-text.ts';
import type { VexAbout } from '../vex-format.ts';
import { digestText, nameOf, targetsOf, unique, writable } from '../vex-scope.ts';
import { cyclonedxWords, responseOf } from '../vex-words.ts';

type Written = Record<string, unknown>;

const bomLink = /^urn:cdx:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[1-9]\d{0,9}$/;

/** Statements as a CycloneDX 1.6 document of its own, beside the SBOM. https://cyclonedx.org/docs/1.6/json/ */
export function writeCyclonedxVex(statements: readonly Statement[], about: VexAbout): string {
  const sorted = writable(statements, about);
  const serial = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(about.id)
    ? about.id
    : `urn:uuid:${uuidOf(`kvitto cyclonedx-vex ${about.id}`)}`;
  return jsonText({
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serial,
    version: 1,
    metadata: {
      timestamp: about.timestamp,
      tools: { components: [{ type: 'application', name: 'kvitto', version: about.toolVersion }] },
      authors: [{ name: about.author }],
      properties: [{ name: 'kvitto:id', value: about.id }],
    },
    components: components(sorted, about),
    vulnerabilities: sorted.map((s) => vulnerability(s, about)),
  });
}

/** The products with the components that statements name in them, and the components that are named without a product. */
function components(statements: readonly Statement[], about: VexAbout): Written[] {
  const held = new Map<string | null, Set<string>>();
  for (const s of statements) {
    for (const { product, components: inner } of targetsOf(s, about)) {
      const known = held.get(product) ?? new Set();
      for (const c of inner) known.add(c);
      held.set(product, known);
    }
  }
  const loose = unique(held.get(null) ?? []).filter((c) => !held.has(c));
  const products = unique([...held.keys()].filter((p) => p !== null && !bomLink.test(p)).map(String));
  return [
    ...products.map((product) => {
      const inner = unique(held.get(product) ?? []);
      return {
        ...component(product, product, about),
        ...(inner.length > 0 && { components: inner.map((c) => component(c, product, about)) }),
      };
    }),
    ...loose.map((c) => component(c, null, about)),
  ];
}

/** `product`: what holds the component; itself for a product. */
function component(text: string, product: string | null, about: VexAbout): Written {
  const purl = parsePurl(text);
  const digest = digestText(about.products.find((p) => p.purl === text)?.digest ?? text);
  const { name, version } = nameOf(text, about);
  const image = purl === null ? digest !== null : purl.type === 'oci' || purl.type === 'docker';
  return {
    // A product holds components; a library does not, when it is read again.
    type: image ? 'container' : product === text ? 'application' : 'library',
    'bom-ref': product === text ? text : refOf(product, text),
    name: (purl ?? digest) === null ? text : name || text,
    // Beside a purl without version it would make the statement one about this version only.
    ...(version !== null && version.length <= 1024 && (purl === null ? digest : purl.version) !== null && { version }),
    ...(digest !== null && { hashes: [{ alg: 'SHA-256', content: digest.slice('sha256:'.length) }] }),
    ...(purl !== null && { purl: text }),
  };
}

function refOf(product: string | null, text: string): string {
  if (product === null) return text;
  return bomLink.test(product) ? `${product}#${encodeURIComponent(text)}` : `${product} ${text}`;
}

function vulnerability(s: Statement, about: VexAbout): Written {
  const words = cyclonedxWords(s);
  const action = s.action === null ? null : responseOf(s.action);
  const detail = s.impact ?? words.inWords;
  const properties = [
    ...(words.inWords === null ? [] : [['kvitto:justification', s.justification]]),
    ...(s.originalJustification === null ? [] : [['kvitto:originalJustification', s.originalJustification]]),
    ...(s.reviewBy === null ? [] : [['kvitto:reviewBy', s.reviewBy]]),
  ].map(([name, value]) => ({ name, value }));
  const refs = targetsOf(s, about).flatMap(({ product, components: inner }) =>
    inner.length === 0 && product !== null ? [product] : inner.map((c) => refOf(product, c)),
  );
  return {
    id: s.vulnerability,
    source: sourceOfId(s.vulnerability),
    ...(s.aliases.length > 0 && { references: unique(s.aliases).map((id) => ({ id, source: sourceOfId(id) })) }),
    ...(action !== null && { recommendation: action.recommendation }),
    analysis: {
      state: words.state,
      ...(words.justification !== null && { justification: words.justification }),
      ...(action !== null && action.response.length > 0 && { response: action.response }),
      ...(detail !== null && { detail }),
      ...(s.madeAt !== null && { lastUpdated: s.madeAt }),
    },
    affects: unique(refs).map((ref) => ({ ref })),
    ...(properties.length > 0 && { properties }),
  };
}
