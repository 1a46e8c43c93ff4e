import type { SeverityLevel } from '../model/advisory.ts';
import type { VerdictKind } from '../model/verdict.ts';

/** SGR parameters of ECMA-48. */
const severityCodes: Readonly<Record<SeverityLevel, string>> = {
  critical: '1;31',
  high: '31',
  medium: '33',
  low: '36',
  negligible: '2',
  unknown: '35',
};

/** Colours text, or leaves it as it is. */
export interface Paint {
  severity(level: SeverityLevel, text: string): string;
  /** Green only for a pass of a complete result. */
  verdict(kind: VerdictKind, complete: boolean, text: string): string;
  heading(text: string): string;
  dim(text: string): string;
}

export function paintFor(colour: boolean): Paint {
  const sgr = (codes: string, text: string) => (colour ? `\u001b[${codes}m${text}\u001b[0m` : text);
  return {
    severity: (level, text) => sgr(severityCodes[level], text),
    verdict: (kind, complete, text) =>
      sgr(kind === 'fail' ? '1;31' : kind === 'pass' && complete ? '1;32' : '1;33', text),
    heading: (text) => sgr('1', text),
    dim: (text) => sgr('2', text),
  };
}
