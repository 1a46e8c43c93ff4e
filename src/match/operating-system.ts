import { endOfLife, packageTypeOf } from '../model/distro.ts';
import type { Inventory } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';

const systemTypes = ['deb', 'apk', 'rpm', 'alpm', 'ebuild', 'opkg'];

/**
 * What keeps an operating system from being assessed: no advisories for it, support that has ended (from then on nobody
 * publishes what is found), or none of its packages in an inventory that names it. `now` is what "ended" is measured against.
 */
export function operatingSystemProblems(inventory: Inventory, now: Date): Problem[] {
  const { os, components } = inventory;
  if (os === null) return [];
  const where = clip(os.name);
  const problems: Problem[] = [];
  if (os.ecosystem === null) {
    const message = 'No advisories are published in a form that fits its packages, so they were not assessed.';
    problems.push({ code: 'os-unsupported', where, message });
  }
  const end = endOfLife(os.id, os.versionId);
  if (end !== null && now.toISOString().slice(0, 10) > end) {
    const message = `Its free security support ended on ${end}: what was found since then may never have been published. Move to a supported release.`;
    problems.push({ code: 'os-end-of-life', where, message });
  }
  const isSystemComponent = (purl: string): boolean => systemTypes.some((type) => purl.startsWith(`pkg:${type}/`));
  if (packageTypeOf(os.id) !== null && !components.some(({ purl }) => isSystemComponent(purl))) {
    const message =
      'None of its packages is in the inventory: their database is missing, empty or cannot be read, so what is installed is not known.';
    problems.push({ code: 'nothing-recognised', where, message });
  }
  return problems;
}
