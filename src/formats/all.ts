import { csaf } from './csaf/index.ts';
import { cyclonedx } from './cyclonedx/index.ts';
import { cyclonedxVex } from './cyclonedx-vex/index.ts';
import type { Format } from './format.ts';
import { gitlab } from './gitlab/index.ts';
import { json } from './json/index.ts';
import { junit } from './junit/index.ts';
import { markdown } from './markdown/index.ts';
import { openvex } from './openvex/index.ts';
import { sarif } from './sarif/index.ts';
import { spdx } from './spdx/index.ts';
import { table } from './table/index.ts';
import type { VexFormat } from './vex-format.ts';

/** Every format, in the order in which `--help` names them. */
export const allFormats: readonly Format[] = [table, json, sarif, junit, cyclonedx, spdx, markdown, gitlab];

/** Every kind of VEX document, in the order in which `--help` names them. */
export const allVexFormats: readonly VexFormat[] = [openvex, cyclonedxVex, csaf];
