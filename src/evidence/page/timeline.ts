import type { PackAnswer } from '../answer.ts';
import { html, type Markup } from './markup.ts';

const width = 1000;
const left = 170;
const rowHeight = 22;
const mostRows = 60;

/** Deployments, who looked, and when something was learned, on one axis of time. The tables say the same in words. */
export function timeline({ request, ran, known }: PackAnswer): Markup {
  const starts = ran.deployments.flatMap((d) => d.beliefs.map((b) => Date.parse(b.from)));
  const [from, to] =
    request.from === request.to ? around(request.from, starts) : [request.from, request.to].map(Date.parse);
  const [begin = 0, end = 1] = [from, to];
  const span = Math.max(1, end - begin);
  const x = (at: number) => left + ((Math.min(Math.max(at, begin), end) - begin) / span) * (width - left - 10);
  const shown = ran.deployments.slice(0, mostRows);
  const bars = shown.map((d, at) => {
    const y = 30 + at * rowHeight;
    const last = d.beliefs.at(-1);
    const boxes = d.beliefs.map((b) => {
      const [a, z] = [x(Date.parse(b.from)), x(b.to === null ? end : Date.parse(b.to))];
      const kind = b === last && d.inPeriod ? 'bar' : 'past';
      if (kind === 'past' && b.by !== 'deployment-corrected' && !d.beliefs.some((o) => o.by === 'deployment-corrected'))
        return html``;
      return html`<rect class="${kind}" x="${a.toFixed(1)}" y="${y - 9}" width="${Math.max(1, z - a).toFixed(1)}" height="12" rx="2"/>`;
    });
    return html`<text x="0" y="${y}">${`${d.environment} · ${d.deployment}`.slice(0, 26)}</text>${boxes}
`;
  });
  const environments = [...new Set([...ran.observations, ...ran.unseen].map((o) => o.environment))].sort();
  const looks = environments.map((environment, at) => {
    const y = 30 + (shown.length + at) * rowHeight;
    const box = (kind: string, a: string, z: string) =>
      html`<rect class="${kind}" x="${x(Date.parse(a)).toFixed(1)}" y="${y - 6}" width="${Math.max(1, x(Date.parse(z)) - x(Date.parse(a))).toFixed(1)}" height="6"/>`;
    const seen = ran.observations.filter((o) => o.environment === environment).map((o) => box('seen', o.at, o.covers));
    const blind = ran.unseen.filter((u) => u.environment === environment).map((u) => box('blind', u.from, u.to));
    return html`<text class="soft" x="0" y="${y}">${`looked at ${environment}`.slice(0, 26)}</text>${blind}${seen}
`;
  });
  const bottom = 30 + (shown.length + environments.length) * rowHeight;
  const moments = [...new Set(known.vulnerabilities.map((v) => v.firstKnown))].sort();
  const inside = moments.filter((m) => Date.parse(m) >= begin && Date.parse(m) <= end);
  const learned = inside.map(
    (m) =>
      html`<line class="learned" x1="${x(Date.parse(m)).toFixed(1)}" x2="${x(Date.parse(m)).toFixed(1)}" y1="${bottom - 8}" y2="${bottom + 6}"/>`,
  );
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const count = `${ran.deployments.length} deployments, ${ran.observations.length} observations, ${inside.length} moments at which a vulnerability became known`;
  return html`<svg viewBox="0 0 ${width} ${bottom + 30}" role="img" aria-label="Timeline: ${count}; the tables below say the same.">
<line class="axis" x1="${left}" x2="${width - 10}" y1="${bottom + 6}" y2="${bottom + 6}"/>
${bars}${looks}<text class="soft" x="0" y="${bottom + 4}">became known</text>${learned}
<text class="soft" x="${left}" y="${bottom + 22}">${day(begin)}</text><text class="soft" x="${width - 10}" y="${bottom + 22}" text-anchor="end">${day(end)}</text>
</svg>
${ran.deployments.length > mostRows ? html`<p class="soft">The first ${mostRows} deployments are drawn.</p>` : null}
<p class="soft">Filled bars: believed. Dashed: believed before it was corrected. Thin bars: somebody looked, or nobody did.</p>
`;
}

/** A moment is shown with some time before and after it. */
function around(moment: string, starts: readonly number[]): number[] {
  const at = Date.parse(moment);
  const margin = Math.max(86_400_000, at - Math.min(at, ...starts));
  return [at - margin, at + margin / 4];
}
