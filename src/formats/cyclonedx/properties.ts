import type { Location } from '../../model/inventory.ts';
import { asObject, listAt, own, textAt } from '../json-values.ts';
import { readLocation } from '../sbom-kept.ts';

/** The name-value pairs of a CycloneDX object, in the habits of several tools. Names may come more than once. */
export class Properties {
  readonly #values = new Map<string, string[]>();

  constructor(holder: Readonly<Record<string, unknown>> | null) {
    for (const entry of listAt(holder, 'properties')) {
      const property = asObject(entry);
      const name = textAt(property, 'name');
      const value = own(property, 'value');
      if (name === null || typeof value !== 'string') continue;
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [value]);
      else values.push(value);
    }
  }

  first(name: string): string | null {
    return this.#values.get(name)?.[0] ?? null;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The source package as Trivy or Syft states it beside the purl; null where neither does. */
  source(): { name: string; version: string } | null {
    const trivy = 'aquasecurity:trivy:';
    const name =
      this.first(`${trivy}SrcName`) ?? this.first('syft:metadata:source') ?? this.first('syft:metadata:originPackage');
    if (name === null) return null;
    const version = this.first(`${trivy}SrcVersion`);
    if (version === null) return { name, version: this.first('syft:metadata:sourceVersion') ?? '' };
    const epoch = this.first(`${trivy}SrcEpoch`);
    const release = this.first(`${trivy}SrcRelease`);
    const before = epoch === null || epoch === '0' ? '' : `${epoch}:`;
    return { name, version: `${before}${version}${release === null ? '' : `-${release}`}` };
  }

  /** Files and layers as Trivy (`FilePath`, `LayerDiffID`) and Syft (`syft:location:0:path`, `:layerID`) state them. */
  locations(): Location[] {
    const trivy = 'aquasecurity:trivy:';
    const found = [readLocation(this.first(`${trivy}FilePath`), this.first(`${trivy}LayerDiffID`))];
    for (const name of this.#values.keys()) {
      const at = /^syft:location:\d{1,6}:path$/.test(name) ? name.slice(0, -'path'.length) : null;
      if (at !== null) found.push(readLocation(this.first(name), this.first(`${at}layerID`)));
    }
    return found.filter((l) => l !== null);
  }
}
