// The published JSON report, as far as the end-to-end tests read it.
export interface JsonReport {
  readonly artifact: { readonly digest: string; readonly layers: readonly { readonly diffId: string }[] };
  readonly os: { readonly id: string; readonly ecosystem: string | null } | null;
  readonly snapshot: {
    readonly digest: string;
    readonly feeds: readonly { readonly id: string; readonly asOf: string }[];
  } | null;
  readonly complete: boolean;
  readonly problems: readonly { readonly code: string; readonly where: string; readonly message: string }[];
  readonly coverage: readonly { readonly cataloger: string; readonly files: number; readonly components: number }[];
  readonly components: readonly { readonly purl: string; readonly name: string; readonly version: string }[];
  readonly findings: readonly JsonFinding[];
  readonly verdict: {
    readonly kind: string;
    readonly reasons: readonly string[];
    readonly warnings: readonly string[];
  };
}

export interface JsonFinding {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly advisories: readonly string[];
  readonly component: string;
  readonly name: string;
  readonly installed: string;
  readonly fixedIn: string | null;
  readonly severity: string;
  readonly exploited: boolean;
  readonly epss: number | null;
  readonly matchedBy: readonly { readonly advisory: string; readonly name: string; readonly version: string }[];
}

/** What must be equal however the same image came to us: everything but its name and the digest of its manifest. */
export function contentOf(report: JsonReport): unknown {
  const { components, findings, os, problems, artifact } = report;
  return { components, findings, os, problems, layers: artifact.layers.map((layer) => layer.diffId) };
}

/** `component record` for every reason of every finding: what an oracle is held against. */
export function hitsOf(report: JsonReport, type: string): Set<string> {
  return new Set(
    report.findings
      .filter((finding) => finding.component.startsWith(`pkg:${type}/`))
      .flatMap((finding) => finding.matchedBy.map((reason) => `${finding.name} ${reason.advisory}`)),
  );
}
