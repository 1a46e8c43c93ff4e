// Delivers events to a sink, with what it keeps in a file: `deliver-issue.ts SINK SETTINGS EVENTS FOLDER`. For a test that kills it.
import { join } from 'node:path';
import { allSinks } from '../sinks/all.ts';
import { fileMemory } from './file-memory.ts';

const [id, settings = '', events = '', folder = ''] = process.argv.slice(2);
const sink = allSinks.find((one) => one.id === id);
if (sink === undefined) throw new Error(`no sink ${id}`);
await sink.deliver(JSON.parse(events), sink.settings.parse(JSON.parse(settings)), {
  name: 'here',
  tool: 'kvitto/0.0.0',
  now: () => new Date(),
  signal: new AbortController().signal,
  link: () => null,
  memory: fileMemory(join(folder, 'memory.json')),
});
