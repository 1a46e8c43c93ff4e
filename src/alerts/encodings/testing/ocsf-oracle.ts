import { officialSchema } from '../../../formats/testing/schemas.ts';

interface Attribute {
  readonly requirement?: string | null;
  readonly profile?: string | null;
  readonly type?: string;
  readonly object_type?: string;
  readonly is_array?: boolean;
  readonly enum?: Readonly<Record<string, { readonly caption: string }>>;
  readonly sibling?: string;
  readonly '@deprecated'?: unknown;
}

interface Shape {
  readonly extends?: string;
  readonly uid?: number;
  readonly attributes: Readonly<Record<string, Attribute | readonly string[]>>;
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
}

interface DataType {
  readonly type?: string;
  readonly regex?: string;
  readonly max_len?: number;
}

const files: Readonly<Record<number, string>> = {
  0: 'base_event',
  2002: 'findings/vulnerability_finding',
  2003: 'findings/compliance_finding',
  2004: 'findings/detection_finding',
};

/** Holds documents against the official OCSF schema: attributes, requirements, constraints, types, enumerations and their captions. */
export class OcsfOracle {
  readonly #read: (name: string) => Record<string, unknown> | null;
  readonly #dictionary: Readonly<Record<string, Attribute>>;
  readonly #types: Readonly<Record<string, DataType>>;
  readonly version: string;

  /** Null, after telling so loudly, where the schemas are not there. */
  static open(skip: (reason: string) => void): OcsfOracle | null {
    const dictionary = officialSchema('ocsf/dictionary.json', skip);
    return dictionary === null ? null : new OcsfOracle(dictionary, (name) => officialSchema(`ocsf/${name}.json`, skip));
  }

  private constructor(dictionary: Record<string, unknown>, read: (name: string) => Record<string, unknown> | null) {
    this.#read = read;
    this.#dictionary = dictionary['attributes'] as Readonly<Record<string, Attribute>>;
    this.#types = (dictionary['types'] as { attributes: Readonly<Record<string, DataType>> }).attributes;
    this.version = String(read('version')?.['version']);
  }

  #shape(name: string): Shape {
    const shape = this.#read(name) as Shape | null;
    if (shape === null) throw new Error(`no ${name} in the schema`);
    return shape;
  }

  /** With what it inherits: attributes are laid over those of the base, one by one. */
  #whole(name: string, folder: (base: string) => string): Shape {
    const own = this.#shape(name);
    const base = own.extends === undefined ? null : this.#whole(folder(own.extends), folder);
    const attributes: Record<string, Attribute> = { ...(base?.attributes as Record<string, Attribute>) };
    for (const [key, value] of Object.entries(own.attributes)) {
      if (key === '$include' || Array.isArray(value)) continue;
      // Attributes of a profile are no attributes until the profile is named, which we never do.
      attributes[key] = { ...attributes[key], ...(value as Attribute) };
    }
    const constraints = own.constraints ?? base?.constraints;
    return { ...own, attributes, ...(constraints === undefined ? {} : { constraints }) };
  }

  /** What is wrong with an event; empty: nothing. */
  faults(event: Readonly<Record<string, unknown>>): string[] {
    const file = files[Number(event['class_uid'])];
    if (file === undefined) return [`class_uid ${String(event['class_uid'])} is unknown`];
    const shape = this.#whole(`events/${file}`, (base) => `events/${base === 'finding' ? 'findings/finding' : base}`);
    const type = Number(event['class_uid']) * 100 + Number(event['activity_id']);
    const faults = this.#object(shape, event, '');
    if (event['type_uid'] !== type) faults.push(`type_uid is ${String(event['type_uid'])}, not ${type}`);
    if (shape.uid !== undefined && shape.uid + 2000 !== event['class_uid']) faults.push('class_uid is not of its file');
    if (event['category_uid'] !== Math.floor(Number(event['class_uid']) / 1000)) faults.push('category_uid is wrong');
    return faults;
  }

  #object(shape: Shape, value: Readonly<Record<string, unknown>>, path: string): string[] {
    const faults: string[] = [];
    const attributes = shape.attributes as Readonly<Record<string, Attribute>>;
    for (const [key, attribute] of Object.entries(attributes)) {
      if (attribute.requirement === 'required' && value[key] === undefined) faults.push(`${path}${key} is missing`);
    }
    const { at_least_one: some, just_one: one } = shape.constraints ?? {};
    if (some?.every((key) => value[key] === undefined) === true) faults.push(`${path} needs one of ${some.join()}`);
    if (one !== undefined && one.filter((key) => value[key] !== undefined).length !== 1) {
      faults.push(`${path} needs just one of ${one.join()}`);
    }
    for (const [key, inner] of Object.entries(value)) {
      const own = attributes[key];
      const place = `${path}${key}`;
      if (own === undefined) faults.push(`${place} is no attribute there`);
      else if (own['@deprecated'] !== undefined) faults.push(`${place} is deprecated`);
      else faults.push(...this.#attribute(key, own, inner, value, place));
    }
    return faults;
  }

  #attribute(
    key: string,
    own: Attribute,
    value: unknown,
    within: Readonly<Record<string, unknown>>,
    path: string,
  ): string[] {
    const known = this.#dictionary[key];
    if (known === undefined) return [`${path} is not in the dictionary`];
    // The schema's own compiler sets the values of these two for each class; `faults` does it here.
    const isOfClass = key === 'class_uid' || key === 'category_uid';
    const attribute: Attribute = { ...known, ...own, enum: isOfClass ? {} : { ...known.enum, ...own.enum } };
    if ((known.is_array === true) !== Array.isArray(value)) return [`${path}: list or not is wrong`];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((each) => this.#one(attribute, each, within, path));
  }

  #one(attribute: Attribute, value: unknown, within: Readonly<Record<string, unknown>>, path: string): string[] {
    const object =
      attribute.object_type ?? (this.#types[attribute.type ?? ''] === undefined ? attribute.type : undefined);
    if (object !== undefined) {
      if (typeof value !== 'object' || value === null) return [`${path} is no object`];
      if (object === 'object') return [];
      const shape = this.#whole(`objects/${object}`, (base) => `objects/${base}`);
      return this.#object(shape, value as Record<string, unknown>, `${path}.`);
    }
    if (!this.#fits(attribute.type ?? '', value)) return [`${path} is ${JSON.stringify(value)}, no ${attribute.type}`];
    if (Object.keys(attribute.enum ?? {}).length === 0) return [];
    const caption = attribute.enum?.[String(value)]?.caption;
    if (caption === undefined) return [`${path} must not be ${String(value)}`];
    const label = attribute.sibling === undefined ? undefined : within[attribute.sibling];
    if (value === 99 || label === undefined || label === caption) return [];
    return [`${path} ${String(value)} is ${caption}, and its label says ${String(label)}`];
  }

  #fits(type: string, value: unknown): boolean {
    const { type: base = type, regex, max_len: most } = this.#types[type] ?? {};
    if (type === 'json_t') return true;
    if (base === 'boolean_t') return typeof value === 'boolean';
    if (base === 'integer_t' || base === 'long_t') return Number.isSafeInteger(value);
    if (base === 'float_t') return typeof value === 'number';
    if (typeof value !== 'string' || value.length > (most ?? Number.POSITIVE_INFINITY)) return false;
    return regex === undefined || new RegExp(regex).test(value);
  }
}
