import type { Report } from '../../model/report.ts';
import { component, finding, sampleReport, says } from './sample-report.ts';

/** A report with the text in every place that comes from outside. */
export function everywhere(text: string): Report {
  const c = component('pkg:npm/x@1', text, text, {
    licenses: [text],
    locations: [{ path: text, layer: null }],
    foundBy: text,
  });
  const { inventory, verdict } = sampleReport;
  const ref = { id: text, component: text };
  return {
    ...sampleReport,
    inventory: {
      ...inventory,
      artifact: { ...inventory.artifact, name: text, references: [text], platform: text },
      os: { id: text, versionId: text, name: text, ecosystem: text },
      components: [c],
      problems: [{ code: 'malformed', where: text, message: text }],
    },
    findings: [
      finding(
        text,
        c,
        { ...says(text, 'high'), vector: text },
        {
          aliases: [text],
          fixedIn: text,
          summary: text,
          references: [text, `https://x/${text}`],
          published: text,
          informational: text,
          excepted: { by: text, reason: text, until: text },
          exploitation: [{ source: 'CISA KEV', since: text, due: text, ransomware: false }],
        },
      ),
      finding(`${text}2`, c, says(text, 'high'), { fixedIn: text, summary: text }),
    ],
    dismissals: [{ component: text, advisory: text, reason: 'withdrawn', detail: text }],
    problems: [{ code: 'malformed', where: text, message: text }],
    verdict: {
      ...verdict,
      policy: { digest: text, source: text },
      rules: [{ rule: text, says: text, outcome: 'fail', matched: [ref], remedy: text }],
      exceptions: [{ ...ref, owner: text, reason: text, until: text, state: 'used', matched: [ref], at: text }],
      reasons: [text],
      warnings: [text],
    },
  };
}

/** Texts that have broken a document somewhere. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  'x'.repeat(5000),
  '\u0000\u001b[31m\u009b\u202e\u2028\ufffe\ud800',
  '</script>]]>"\'&<!--',
  '../../etc/passwd',
  'http://[',
  '%zz#?{}^',
  '::::',
  '__proto__',
  '🙂漢字',
];
