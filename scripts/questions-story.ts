// The story of docs/questions.md and the questions about it.

/** One command. `{name}`: what an earlier command printed. */
export interface Step {
  readonly at: string;
  readonly words: readonly string[];
  /** Exit code; 0 unless said. */
  readonly exit?: number;
}

interface Told extends Step {
  readonly says: string;
  /** What its JSON tells for later commands. */
  readonly learns?: 'digest' | 'deployment' | 'entry';
}

export interface Asked {
  readonly number: string;
  readonly question: string;
  /** What it is evidence for, and how to read it. */
  readonly about: string;
  readonly steps: readonly Step[];
}

const policy = ['--policy', 'demo/kvitto.yaml'];

export const story: readonly Told[] = [
  {
    at: '2026-10-20T08:00:00Z',
    says: 'the advisories of 20 October',
    words: ['db', 'update', '--feeds', '{home}/then/feeds'],
  },
  {
    at: '2026-10-20T08:05:00Z',
    says: 'the image is gated and recorded',
    words: ['gate', 'demo/shop.tar', '--offline', ...policy, '--record', '--by', 'build', '-f', 'json'],
    exit: 0,
    learns: 'digest',
  },
  {
    at: '2026-10-20T09:00:00Z',
    says: 'it goes to production',
    words: [
      'deploy',
      'shop',
      '--env',
      'prod',
      '--image',
      'shop:1.0@{digest}',
      '--change',
      'https://git.example/shop/pull/41',
      '--by',
      'release',
    ],
  },
  {
    at: '2026-10-23T10:00:00Z',
    says: 'somebody notes that it also ran in the fair environment since the 21st',
    words: ['deploy', 'shop', '--env', 'fair', '--image', 'shop:1.0@{digest}', '--at', '2026-10-21', '--by', 'release'],
  },
  {
    at: '2026-10-24T10:00:00Z',
    says: 'the fair is over',
    words: ['stop', 'shop', '--env', 'fair', '--at', '2026-10-23T18:00:00Z', '--by', 'release'],
  },
  {
    at: '2026-10-26T09:00:00Z',
    says: 'a decision on what was known',
    words: [
      'decide',
      'CVE-2026-90002',
      '--service',
      'shop',
      '--status',
      'not_affected',
      '--justification',
      'vulnerable_code_not_in_execute_path',
      '--reason',
      'The shop never opens harbor files of others',
      '--owner',
      'shop-team',
      '--until',
      '2026-12-31',
      '--by',
      'security',
    ],
  },
  {
    at: '2026-11-12T08:00:00Z',
    says: 'the advisories of 12 November',
    words: ['db', 'update', '--feeds', '{home}/now/feeds'],
  },
  { at: '2026-11-12T08:05:00Z', says: 'what runs is held against them', words: ['rescan', '--by', 'watch'] },
  {
    at: '2026-11-12T11:00:00Z',
    says: 'a decision on what is new',
    words: [
      'decide',
      'CVE-2026-90001',
      '--service',
      'shop',
      '--status',
      'affected',
      '--reason',
      'Upgrade to deb12u3 with release 1.1; uploads are switched off until then',
      '--owner',
      'shop-team',
      '--until',
      '2026-11-20',
      '--by',
      'security',
    ],
  },
];

const now = '2026-11-13T09:00:00Z';

export const questions: readonly Asked[] = [
  {
    number: '1',
    question: 'What ran in production at a given moment, and where were you blind?',
    about:
      'Evidence for CIR (EU) 2024/2690 12.4 (inventory and its history) and CRA Annex I Part II (1). Nobody looked at the hosts in this story (`kvitto observe`), and the answer says so.',
    steps: [{ at: now, words: ['ran', '--env', 'prod', '--at', '2026-11-01'] }],
  },
  {
    number: '2',
    question: 'While it ran, which vulnerabilities were known to you, since when, from which source?',
    about: 'Evidence for CRA Art. 13(7) and CIR 6.10.2.',
    steps: [{ at: now, words: ['exposure', 'shop', '--env', 'prod', '--from', '2026-10-20', '--to', '2026-11-13'] }],
  },
  {
    number: '3',
    question: 'What did you know on a given day, without what you learned later?',
    about:
      'The same moment, as it was known then and as it is known now: knowledge that came later does not rewrite the past.',
    steps: [
      { at: now, words: ['exposure', 'shop', '--env', 'prod', '--at', '2026-11-01', '--as-of', '2026-11-01'] },
      { at: now, words: ['exposure', 'shop', '--env', 'prod', '--at', '2026-11-01'] },
    ],
  },
  {
    number: '4',
    question: 'A vulnerability: everything that has or had it, and your decision for each?',
    about: 'Evidence for CRA Art. 14(1) (what to look at when something is exploited) and Annex I Part II (1).',
    steps: [{ at: now, words: ['where', 'CVE-2026-90001'] }],
  },
  {
    number: '5',
    question: 'Why was this release let out? Policy, inputs, exceptions, who.',
    about: 'Evidence for CRA Annex I Part I (2)(a) and CIR 6.4.',
    steps: [{ at: now, words: ['verdict', 'shop'] }],
  },
  {
    number: '6',
    question: 'All risk acceptances in force at a moment, with reason, owner and end?',
    about:
      'Evidence for CIR 2.1.2(j), 6.6.2 and 6.10.3. The exceptions of a policy are acceptances too: they stand with each verdict that used them (question 5).',
    steps: [{ at: now, words: ['decisions', '--at', '2026-11-12T12:00:00Z'] }],
  },
  {
    number: '7',
    question: 'The SBOM of the release, byte for byte, and what it does not cover?',
    about:
      'Evidence for CRA Annex I Part II (1). The bytes are those that were written when the image was recorded; standard error says what they do not cover. Profiles such as BSI TR-03183 are not checked yet.',
    steps: [{ at: now, words: ['sbom', '{digest}', '-o', '{home}/shop.cdx.json'] }],
  },
  {
    number: '10 (in part)',
    question: 'Which signals did you judge to need nothing, and why?',
    about:
      'Decisions "not affected" with their reasons. Whether a signal had to be reported is a case, which the ledger does not keep yet.',
    steps: [{ at: now, words: ['decisions', '--status', 'not_affected'] }],
  },
  {
    number: '15',
    question: 'Show that nothing was changed or removed since.',
    about: 'Evidence for CRA Art. 13(7) and CIR 3.2.5. The pack is checked without the ledger and without network.',
    steps: [
      {
        at: now,
        words: [
          'evidence',
          'shop',
          '--env',
          'prod',
          '--from',
          '2026-10-20',
          '--to',
          '2026-11-13',
          '-o',
          '{home}/shop.zip',
        ],
      },
      { at: now, words: ['verify', '{home}/shop.zip'] },
      { at: now, words: ['verify', '--ledger'] },
    ],
  },
];
