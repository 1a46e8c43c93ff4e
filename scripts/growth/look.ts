import type { SeverityLevel } from '../../src/model/advisory.ts';

interface Colours {
  readonly ground: string;
  readonly ink: string;
  readonly faint: string;
  readonly grid: string;
  readonly exploited: string;
  readonly levels: Readonly<Record<SeverityLevel, string>>;
}

const light: Colours = {
  ground: '#ffffff',
  ink: '#1f2328',
  faint: '#59636e',
  grid: '#d9dee3',
  exploited: '#7a1fa2',
  levels: {
    critical: '#8f0f2a',
    high: '#d8432f',
    medium: '#f0a03c',
    low: '#7fb0dc',
    negligible: '#c5dbef',
    unknown: '#c3c8ce',
  },
};

const dark: Colours = {
  ground: '#0d1117',
  ink: '#f0f3f6',
  faint: '#9ea7b3',
  grid: '#2d333b',
  exploited: '#d9a2ff',
  levels: {
    critical: '#ff3355',
    high: '#dd6b3c',
    medium: '#d99a3a',
    low: '#4f86b8',
    negligible: '#36597c',
    unknown: '#535b66',
  },
};

function rules({ ground, ink, faint, grid, exploited, levels }: Colours): string {
  const bands = Object.entries(levels).map(([level, colour]) => `.${level}{fill:${colour}}`);
  return [
    `.ground{fill:${ground}}`,
    `text{fill:${ink}}`,
    `.faint{fill:${faint}}`,
    `.grid{stroke:${grid}}`,
    `.mark{stroke:${faint}}`,
    `.line{stroke:${exploited}}`,
    `.exploited{fill:${exploited}}`,
    ...bands,
  ].join('');
}

const forms = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}',
  '.title{font-size:22px;font-weight:600}.told{font-size:15px}.strong{font-weight:600}',
  '.grid{stroke-width:1}.mark{stroke-width:1.2;stroke-dasharray:4 4}.line{fill:none;stroke-width:2.5;stroke-linejoin:round}',
  '.hover{fill:transparent}',
];

/** The style of a picture: light, and dark where the reader prefers that. */
export function style(): string {
  return `${forms.join('')}${rules(light)}@media (prefers-color-scheme:dark){${rules(dark)}}`;
}
