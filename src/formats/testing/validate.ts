import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { officialSchema } from './schemas.ts';

/** Says what an official schema finds wrong with a document; null for nothing. */
export type Validate = (document: unknown) => string | null;

/** A validator of an official schema, which `mend` may repair in place where it is not valid itself; null, after a loud skip, where the schemas are not there. */
export function validator(
  main: string,
  others: readonly string[],
  draft: 'draft-07' | '2019-09' | '2020-12',
  skip: (reason: string) => void,
  mend: (schema: Record<string, unknown>) => unknown = (schema) => schema,
): Validate | null {
  const options = { strict: false, allErrors: true, logger: false } as const;
  const ajv =
    draft === '2020-12' ? new Ajv2020(options) : draft === '2019-09' ? new Ajv2019(options) : new Ajv(options);
  addFormats.default(ajv);
  // ajv-formats knows URI references only in ASCII; an IRI reference is held to the same rule after encoding.
  ajv.addFormat('iri-reference', (text: string) => URL.canParse(text, 'http://base.invalid/'));
  ajv.addFormat('iri', (text: string) => URL.canParse(text));
  ajv.addFormat('idn-email', true);
  for (const name of others) {
    const schema = officialSchema(name, skip);
    if (schema === null) return null;
    ajv.addSchema(schema);
  }
  const schema = officialSchema(main, skip);
  if (schema === null) return null;
  mend(schema);
  // The official address of a draft may end with `#`, which ajv does not know it by.
  const { $schema: _, ...rest } = schema;
  const validate = ajv.compile(rest);
  return (document) => (validate(document) ? null : ajv.errorsText(validate.errors, { separator: '\n' }));
}
