import type { Ledger } from '../../src/ledger/ledger.ts';
import { exposure } from '../../src/ledger/queries/exposure.ts';
import { ran } from '../../src/ledger/queries/ran.ts';
import { where } from '../../src/ledger/queries/where.ts';
import { deployRequest } from './build.ts';
import { cveOf, type EstateSize, quarterStart, randomFrom } from './estate.ts';

/** Times of one kind of question, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly p95: number;
  readonly least: number;
  /** Processor time of this process, on average; a server's is not in it. */
  readonly cpu: number;
  readonly count: number;
  /** Rows of an answer, on average. */
  readonly rows: number;
}

/** Asks again and again, after two times that are not counted. `ask` answers how many rows came. */
export async function timesOf(count: number, ask: () => Promise<number>): Promise<Times> {
  for (let i = 0; i < 2; i += 1) await ask();
  const times: number[] = [];
  let rows = 0;
  const before = process.cpuUsage();
  for (let i = 0; i < count; i += 1) {
    const started = performance.now();
    rows += await ask();
    times.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return {
    median: at(0.5),
    p95: at(0.95),
    least: at(0),
    cpu: (user + system) / 1000 / count,
    count,
    rows: rows / count,
  };
}

export interface Question {
  readonly what: string;
  /** Most milliseconds at the median. */
  readonly target: number | null;
  readonly count: number;
  ask(): Promise<number>;
}

/** The questions that have a target, and their heavier sisters, about services and vulnerabilities at random. */
export function questionsOf(ledger: Ledger, size: EstateSize): Question[] {
  const random = randomFrom(4);
  const int = (below: number) => Math.floor(random() * below);
  const service = () => deployRequest(int(size.services), '', 0, 0).service;
  const vulnerability = () => cveOf(int(size.advisories));
  const past = () => quarterStart(4 + random() * 7);
  const page = 100;
  return [
    {
      what: 'exposure at a past moment, as of now',
      target: 50,
      count: 41,
      ask: async () => {
        const at = past();
        return (await exposure(ledger, { service: service(), environment: 'prod', from: at, to: at, asOf: null })).rows
          .length;
      },
    },
    {
      what: 'exposure at a past moment, as of then',
      target: 50,
      count: 41,
      ask: async () => {
        const at = past();
        return (await exposure(ledger, { service: service(), environment: 'prod', from: at, to: at, asOf: at })).rows
          .length;
      },
    },
    {
      what: 'exposure in a quarter of a year',
      target: null,
      count: 11,
      ask: async () => {
        const [from, to] = [quarterStart(7), quarterStart(8)];
        return (await exposure(ledger, { service: service(), environment: 'prod', from, to, asOf: null })).rows.length;
      },
    },
    {
      what: `where CVE, first ${page} rows (rows: in all)`,
      target: 100,
      count: 41,
      ask: async () => (await where(ledger, { vulnerability: vulnerability(), asOf: null, limit: page })).total,
    },
    {
      what: 'where CVE, all rows',
      target: null,
      count: 7,
      ask: async () => (await where(ledger, { vulnerability: vulnerability(), asOf: null })).rows.length,
    },
    {
      what: `ran --env, first ${page} rows (rows: in all)`,
      target: 100,
      count: 41,
      ask: async () => (await ran(ledger, { environment: 'prod', at: past(), asOf: null, limit: page })).total,
    },
  ];
}
