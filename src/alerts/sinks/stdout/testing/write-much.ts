// A process that writes 500 events to its standard output, more than a pipe holds, and ticks on standard error meanwhile.
import { writeSync } from 'node:fs';
import { sampleChange } from '../../../testing/sample-events.ts';
import { sinkContext } from '../../../testing/sink-acceptance.ts';
import { stdout } from '../index.ts';

let ticks = 0;
const timer = setInterval(() => writeSync(2, `tick ${++ticks}\n`), 20);
const events = Array.from({ length: 500 }, (_, i) => sampleChange('new', i));
const { delivered } = await stdout.deliver(events, stdout.settings.parse({ format: 'json' }), sinkContext());
clearInterval(timer);
writeSync(2, `delivered ${delivered}\n`);
