// A process that appends events to a file until it is killed: `write-forever.ts FILE FIRST`. The number of the first event of each delivery is printed after it.
import { writeSync } from 'node:fs';
import { sampleChange } from '../../../testing/sample-events.ts';
import { sinkContext } from '../../../testing/sink-acceptance.ts';
import { file } from '../index.ts';

const [, , path = '', first = '0'] = process.argv;
const settings = file.settings.parse({ path, format: 'json' });
const summary = 'x'.repeat(20_000);

for (let n = Number(first); ; n += 100) {
  const events = Array.from({ length: 100 }, (_, i) => {
    return { ...sampleChange('new', n + i), message: summary };
  });
  const { stopped } = await file.deliver(events, settings, sinkContext());
  if (stopped !== null) throw new Error(stopped.message);
  writeSync(1, `${n}\n`);
}
