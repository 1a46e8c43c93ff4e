import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { openStore } from '../../advisories/store/open.ts';
import { updateStore } from '../../advisories/update.ts';
import { allFormats } from '../../formats/all.ts';
import { parsePolicy } from '../../gate/parse-policy.ts';
import { CodedError } from '../../model/errors.ts';
import { assess } from '../assess.ts';
import { exitCodeOfVerdict, exitCodes } from '../exit-codes.ts';
import { renderOptions } from '../render-options.ts';
import { takeInventory } from '../take-inventory.ts';

/** The day on which the demo plays: the day after its advisories. */
const demoDay = new Date('2026-11-13T09:00:00Z');

/** `kvitto demo`: the main job on the invented image and advisories in `demo/`, offline. Always 0: the verdict is the show. */
export async function demoCommand(version: string): Promise<number> {
  const folder = demoFolder();
  const image = shown(join(folder, 'shop.tar'));
  const home = mkdtempSync(join(tmpdir(), 'kvitto-demo-'));
  const { signal } = new AbortController();
  const say = (text: string) => process.stdout.write(`${text}\n`);
  try {
    say('An invented image, shop:1.0, and invented advisories. Nothing leaves this machine.\n');
    say(`1. The advisory store, from the feeds in ${shown(join(folder, 'feeds'))}`);
    const { store, perFeed } = await updateStore({
      home,
      base: join(folder, 'feeds'),
      ecosystems: null,
      now: demoDay,
      signal,
    });
    for (const { id, records } of perFeed)
      say(`   ${id.padEnd(11)} ${records} ${records === 1 ? 'record' : 'records'}`);

    say(
      `\n2. The inventory of ${image}, held against it, and what the policy ${shown(join(folder, 'kvitto.yaml'))} says\n`,
    );
    const source = {
      platform: null,
      caFile: null,
      insecure: false,
      offline: true,
      mirrors: {},
      env: process.env,
      idleTimeoutMs: 1000,
      signal,
    };
    const inventory = await takeInventory(image, {
      source,
      includeDev: false,
      skipDirs: [],
      skipFiles: [],
    });
    const policy = parsePolicy(await readFile(join(folder, 'kvitto.yaml'), 'utf8'), shown(join(folder, 'kvitto.yaml')));
    const advisories = openStore(store);
    try {
      const options = { version, now: demoDay, policy, exceptions: [], baseline: null, explain: true };
      const report = assess(inventory, advisories, options);
      const table = allFormats.find(({ id }) => id === 'table');
      say(table?.render?.(report, renderOptions(demoFlags, process.env, false)) ?? '');
      say(
        `3. \`kvitto gate\` ends with exit code ${exitCodeOfVerdict[report.verdict.kind]} here, because the verdict is "${report.verdict.kind}". Every finding was reported all the same.\n`,
      );
    } finally {
      advisories.close();
    }
    say(whatNext);
    return exitCodes.done;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const demoFlags = {
  format: 'table',
  output: [],
  severity: [],
  mirror: [],
  skipDirs: [],
  skipFiles: [],
  timeout: '1m',
  progress: false,
};

const whatNext = `Next, on an image of your own:
   npx kvitto db update --ecosystems Debian,npm      advisories for what you run (needs the network once)
   npx kvitto scan registry:debian:12                what is known about an image
   docker save shop:1.0 -o shop.tar
   npx kvitto gate shop.tar -o sarif=shop.sarif      0 pass, 1 fail, 3 cannot say; kvitto.yaml decides
   npx kvitto scan dir:.                             a project, by its lockfiles
`;

/** A path as it is typed here: relative where it lies below this folder. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

/** demo/ lies at the root of the package, whether the sources run or the bundle. */
function demoFolder(): string {
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    if (!existsSync(join(folder, 'demo/shop.tar'))) continue;
    // Shorter to read where it lies below the present folder.
    const near = relative(process.cwd(), join(folder, 'demo'));
    return near.startsWith('..') ? join(folder, 'demo') : near;
  }
  throw new CodedError('source-not-found', 'the folder demo/ is missing from this installation', {
    remedy: 'install kvitto again, or clone its repository',
  });
}
