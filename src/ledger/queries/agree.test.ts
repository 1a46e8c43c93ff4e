import { test } from 'node:test';
import { agreesWithPlain } from './testing/agree-with-plain.ts';
import { Stage } from './testing/stage.ts';

const runs = Number(process.env['KVITTO_RUNS'] ?? 40);

test('what ran, exposure and where are what a plain list of the facts says, at any moment and as known at any other', async () => {
  await agreesWithPlain(() => Stage.open(), runs);
});
