import { existsSync, readFileSync } from 'node:fs';
import type { AlertConfig } from '../alerts/config/config.ts';
import { defaultAlertConfig, parseAlertConfig } from '../alerts/config/parse-config.ts';
import { allSinks } from '../alerts/sinks/all.ts';
import { CodedError, messageOf } from '../model/errors.ts';

/** What a file says of watching and telling, else `kvitto.yaml` here, else what is built in. Throws `config-invalid`. */
export function alertConfigFrom(named: string | undefined): AlertConfig {
  const file = named ?? (existsSync('kvitto.yaml') ? 'kvitto.yaml' : null);
  if (file === null) return defaultAlertConfig;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const remedy = 'check the path; without the option the file of this folder is taken, where there is one';
    throw new CodedError('config-invalid', `cannot read ${file}: ${messageOf(cause)}`, { cause, remedy });
  }
  return parseAlertConfig(text, file, allSinks);
}
