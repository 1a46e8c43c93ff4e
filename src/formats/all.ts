import { cyclonedx } from './cyclonedx/index.ts';
import type { Format } from './format.ts';
import { json } from './json/index.ts';
import { spdx } from './spdx/index.ts';

/** Every format, in the order in which `--help` names them. */
export const allFormats: readonly Format[] = [json, cyclonedx, spdx];
