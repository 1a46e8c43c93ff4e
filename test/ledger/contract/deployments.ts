import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forever } from '../../../src/ledger/instant.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { correct } from '../../../src/ledger/record/correct.ts';
import { deploy, deployAll } from '../../../src/ledger/record/deploy.ts';
import { stop } from '../../../src/ledger/record/stop.ts';
import type { NewPlace } from '../contract.ts';
import { open, TestClock } from '../place.ts';
import { artifactFact, deployRequest, digest } from '../samples.ts';

const short = (at: number) => (at === forever ? '' : new Date(at).toISOString().slice(8, 16));

/** `deployment from–to ending, known from–to, by entry`: the days of January 2026. */
async function periods(ledger: Ledger): Promise<string[]> {
  const rows = await ledger.reader.selectFrom('period').selectAll().orderBy('deployment').orderBy('entry').execute();
  return rows.map(
    (p) =>
      `${p.deployment} ran ${short(p.valid_from)}–${short(p.valid_to)} ${['open', 'known', 'unknown'][p.ending]}, ` +
      `known ${short(p.known_from)}–${short(p.known_to)} by ${p.entry}`,
  );
}

const at = (text: string) => Date.parse(`2026-01-${text}:00Z`);
const stopRequest = {
  service: 'api',
  environment: 'production',
  deployment: null,
  at: null,
  unknownEnd: false,
  actor: 'ops',
};

export function deploymentTests(newPlace: NewPlace): void {
  describe('deployments', () => {
    async function fresh(): Promise<{ ledger: Ledger; clock: TestClock } & AsyncDisposable> {
      const clock = new TestClock('2026-01-10T00:00:00Z');
      const ledger = await open(await newPlace(), clock);
      return { ledger, clock, [Symbol.asyncDispose]: () => ledger.close() };
    }

    test('one replaces the other, in its service and environment alone', async () => {
      await using place = await fresh();
      const { ledger, clock } = place;
      const first = await deploy(ledger, deployRequest());
      assert.deepEqual(first, {
        appended: { first: 1, count: 1, recorded: clock.now, clockBehindMs: 0 },
        deployment: 1,
        fact: {
          kind: 'deployment-started',
          service: 'api',
          environment: 'production',
          artifact: digest(1),
          image: 'registry.example/shop/api',
          from: '2026-01-10T00:00:00.000Z',
          until: null,
          replaces: [],
          change: null,
          run: null,
          marks: ['unrecorded'],
          text: null,
        },
      });
      await deploy(ledger, deployRequest({ service: 'web' }));
      await deploy(ledger, deployRequest({ environment: 'test' }));
      clock.set('2026-01-11T00:00:00Z');
      const second = await deploy(ledger, deployRequest({ artifact: digest(2) }));
      assert.deepEqual(second.fact.replaces, [1]);
      assert.deepEqual(await periods(ledger), [
        '1 ran 10T00:00– open, known 10T00:00–11T00:00 by 1',
        '1 ran 10T00:00–11T00:00 known, known 11T00:00– by 4',
        '2 ran 10T00:00– open, known 10T00:00– by 2',
        '3 ran 10T00:00– open, known 10T00:00– by 3',
        '4 ran 11T00:00– open, known 11T00:00– by 4',
      ]);
    });

    test('one that runs alongside replaces nothing, and both end with the next', async () => {
      await using place = await fresh();
      const { ledger, clock } = place;
      await deploy(ledger, deployRequest());
      clock.set('2026-01-11T00:00:00Z');
      await deploy(ledger, deployRequest({ artifact: digest(2), alongside: true }));
      clock.set('2026-01-12T00:00:00Z');
      const third = await deploy(ledger, deployRequest({ artifact: digest(3) }));
      assert.deepEqual(third.fact.replaces, [1, 2]);
      assert.deepEqual(await periods(ledger), [
        '1 ran 10T00:00– open, known 10T00:00–12T00:00 by 1',
        '1 ran 10T00:00–12T00:00 known, known 12T00:00– by 3',
        '2 ran 11T00:00– open, known 11T00:00–12T00:00 by 2',
        '2 ran 11T00:00–12T00:00 known, known 12T00:00– by 3',
        '3 ran 12T00:00– open, known 12T00:00– by 3',
      ]);
    });

    test('a late one ran until what it replaces was believed to end, also where another ran alongside', async () => {
      await using place = await fresh();
      const { ledger, clock } = place;
      await deploy(ledger, deployRequest({ at: at('01T00:00') }));
      await deploy(ledger, deployRequest({ at: at('03T00:00'), artifact: digest(2), alongside: true }));
      await deploy(ledger, deployRequest({ at: at('08T00:00'), artifact: digest(3) }));
      clock.set('2026-01-12T00:00:00Z');
      const late = await deploy(ledger, deployRequest({ at: at('02T00:00'), artifact: digest(4) }));
      assert.deepEqual(
        [late.fact.replaces, late.fact.until, late.fact.marks],
        [[1], '2026-01-08T00:00:00.000Z', ['unrecorded', 'late']],
      );
      const now = (await periods(ledger)).filter((p) => / known \S+– by/.test(p));
      assert.deepEqual(now, [
        '1 ran 01T00:00–02T00:00 known, known 12T00:00– by 4',
        '2 ran 03T00:00–08T00:00 known, known 10T00:00– by 3',
        '3 ran 08T00:00– open, known 10T00:00– by 3',
        '4 ran 02T00:00–08T00:00 known, known 12T00:00– by 4',
      ]);
    });

    test('a late one in a gap ran until the next began; one before everything too', async () => {
      await using place = await fresh();
      const { ledger } = place;
      await deploy(ledger, deployRequest({ at: at('02T00:00') }));
      await stop(ledger, { ...stopRequest, at: at('03T00:00') });
      await deploy(ledger, deployRequest({ at: at('08T00:00'), artifact: digest(2) }));
      await deploy(ledger, deployRequest({ at: at('05T00:00'), artifact: digest(3) }));
      await deploy(ledger, deployRequest({ at: at('01T00:00'), artifact: digest(4) }));
      const now = (await periods(ledger)).filter((p) => / known \S+– by/.test(p));
      assert.deepEqual(now, [
        '1 ran 02T00:00–03T00:00 known, known 10T00:00– by 2',
        '3 ran 08T00:00– open, known 10T00:00– by 3',
        '4 ran 05T00:00–08T00:00 known, known 10T00:00– by 4',
        '5 ran 01T00:00–02T00:00 known, known 10T00:00– by 5',
      ]);
    });

    test('an end that nobody saw is unknown since when it was noticed; one before the beginning is refused', async () => {
      await using place = await fresh();
      const { ledger, clock } = place;
      await deploy(ledger, deployRequest());
      clock.set('2026-01-12T00:00:00Z');
      await assert.rejects(stop(ledger, { ...stopRequest, at: at('09T00:00') }), {
        code: 'usage',
        message: '--at 2026-01-09T00:00:00.000Z is before deployment 1 began (2026-01-10T00:00:00.000Z)',
      });
      const { fact } = await stop(ledger, { ...stopRequest, unknownEnd: true });
      assert.deepEqual(fact, {
        kind: 'deployment-stopped',
        deployments: [1],
        at: '2026-01-12T00:00:00.000Z',
        ending: 'unknown',
      });
      await assert.rejects(stop(ledger, stopRequest), {
        code: 'not-in-ledger',
        message: 'nothing of api runs in production, as far as the ledger knows',
      });
      assert.deepEqual(await periods(ledger), [
        '1 ran 10T00:00– open, known 10T00:00–12T00:00 by 1',
        '1 ran 10T00:00–12T00:00 unknown, known 12T00:00– by 2',
      ]);
    });

    test('a correction ends what was believed, and keeps it', async () => {
      await using place = await fresh();
      const { ledger, clock } = place;
      await deploy(ledger, deployRequest());
      clock.set('2026-01-11T00:00:00Z');
      await stop(ledger, stopRequest);
      clock.set('2026-01-12T00:00:00Z');
      const change = { deployment: 1, from: at('09T00:00'), until: null, reason: 'the pipeline lied', actor: 'ops' };
      await correct(ledger, change);
      clock.set('2026-01-13T00:00:00Z');
      await correct(ledger, { ...change, from: null, until: forever });
      await assert.rejects(correct(ledger, { ...change, from: at('12T00:00'), until: at('11T00:00') }), {
        code: 'usage',
        message: 'the end 2026-01-11T00:00:00.000Z is before the beginning 2026-01-12T00:00:00.000Z',
      });
      await assert.rejects(correct(ledger, { ...change, deployment: 2 }), {
        code: 'not-in-ledger',
        message: 'there is no deployment 2',
      });
      assert.deepEqual(await periods(ledger), [
        '1 ran 10T00:00– open, known 10T00:00–11T00:00 by 1',
        '1 ran 10T00:00–11T00:00 known, known 11T00:00–12T00:00 by 2',
        '1 ran 09T00:00–11T00:00 known, known 12T00:00–13T00:00 by 3',
        '1 ran 09T00:00– open, known 13T00:00– by 4',
      ]);
    });

    test('a batch leaves what its parts leave one after the other', async () => {
      const requests = [
        deployRequest({ at: at('05T00:00') }),
        deployRequest({ at: at('07T00:00'), artifact: digest(2), actor: 'ops' }),
        deployRequest({ at: at('06T00:00'), artifact: digest(3) }),
        deployRequest({ at: at('07T00:00'), artifact: digest(4) }),
        deployRequest({ at: at('06T12:00'), artifact: digest(5), alongside: true, breakGlass: 'fire' }),
        deployRequest({ at: at('08T00:00'), artifact: digest(6), service: 'web' }),
        deployRequest({ at: at('09T00:00'), artifact: digest(6) }),
      ];
      await using one = await fresh();
      for (const request of requests) await deploy(one.ledger, request);
      await using all = await fresh();
      const deployed = await deployAll(all.ledger, requests);
      assert.deepEqual(
        deployed.map((d) => [d.deployment, d.fact.replaces, d.fact.until?.slice(8, 13) ?? null]),
        [
          [1, [], null],
          [2, [1], null],
          [3, [1], '07T00'],
          [4, [2], null],
          [5, [], null],
          [6, [], null],
          [7, [5, 4], null],
        ],
      );
      assert.deepEqual(await periods(all.ledger), await periods(one.ledger));
      const pending = await all.ledger.reader.selectFrom('pending').selectAll().orderBy('id').execute();
      const actors = pending.map((p) => JSON.parse(Buffer.from(p.bytes).toString()).actor);
      assert.deepEqual(actors, ['kvitto', 'ci', 'ops', 'ci', 'ci', 'ci', 'ci', 'ci']);
    });

    test('a batch with one that cannot be leaves nothing', async () => {
      await using place = await fresh();
      const { ledger } = place;
      const before = await ledger.state();
      await assert.rejects(deployAll(ledger, [deployRequest(), deployRequest({ at: at('11T00:00') })]), {
        code: 'usage',
        message: '--at 2026-01-11T00:00:00.000Z lies in the future',
      });
      await assert.rejects(deployAll(ledger, [deployRequest(), deployRequest({ service: 'a b' })]), {
        code: 'usage',
        message: 'SERVICE has characters that a name cannot have: a b',
      });
      assert.deepEqual(await deployAll(ledger, []), []);
      assert.deepEqual([await ledger.state(), await periods(ledger)], [before, []]);
    });

    test('what is known against an artifact is marked', async () => {
      await using place = await fresh();
      const { ledger } = place;
      const { documents } = ledger;
      const report = await documents.put(Buffer.from('{}'));
      const verdicts = { 11: null, 12: 'pass', 13: 'fail', 14: 'cannot-say' } as const;
      for (const [number, verdict] of Object.entries(verdicts)) {
        const artifact = digest(Number(number));
        const given = { kind: 'verdict-given', artifact, policy: null, snapshot: null, report, run: null } as const;
        const counts = { findings: 0, exceptions: 0 };
        const recorded = await artifactFact(documents, artifact, []);
        await ledger.append('ci', async () => [
          recorded,
          ...(verdict === null
            ? []
            : [
                { ...given, ...counts, verdict: 'fail' as const },
                { ...given, ...counts, verdict },
              ]),
        ]);
      }
      const marks: unknown[] = [];
      for (const number of [10, 11, 12, 13, 14]) {
        const request = deployRequest({ artifact: digest(number), breakGlass: number === 13 ? 'a fire' : null });
        marks.push((await deploy(ledger, request)).fact.marks);
      }
      assert.deepEqual(marks, [['unrecorded'], ['no-verdict'], [], ['refused', 'break-glass'], ['cannot-say']]);
    });

    test('names of all languages stand as they are, in one form', async () => {
      await using place = await fresh();
      const { ledger } = place;
      const names = ['api', 'API', 'Zürich', 'Zu\u0308rich', 'служба', '支払い', '𝒜pi', 'a/b:c@d+e_f.g-h'];
      await deployAll(
        ledger,
        names.map((service) => deployRequest({ service })),
      );
      const services = await ledger.reader.selectFrom('service').selectAll().orderBy('name').execute();
      assert.deepEqual(
        services.map((s) => ({ ...s })),
        [
          { id: 2, name: 'API' },
          { id: 7, name: 'a/b:c@d+e_f.g-h' },
          { id: 1, name: 'api' },
          { id: 3, name: 'Zürich' },
          { id: 4, name: 'служба' },
          { id: 5, name: '支払い' },
          { id: 6, name: '𝒜pi' },
        ].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
      );
      for (const service of ['', ' ', '-x', 'a\u202eb', 'a\0b', '\ud800', 'a\nb', "a'b", 'x'.repeat(129)]) {
        await assert.rejects(deploy(ledger, deployRequest({ service })), { code: 'usage' }, JSON.stringify(service));
      }
    });
  });
}
