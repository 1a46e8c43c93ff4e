import { type SeverityLevel, severityLevels } from '../../model/advisory.ts';

/** Labels with the one of a severity, and without those of the others; what people added stays. `prefix`: `severity::`. */
export function relabelled(labels: readonly string[], prefix: string, severity: SeverityLevel): string[] {
  const own = new Set(severityLevels.map((level) => `${prefix}${level}`));
  return [...labels.filter((label) => !own.has(label)), `${prefix}${severity}`];
}

/** Whether two lists hold the same labels. */
export function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join('\0') === b.toSorted().join('\0');
}
