import { userInfo } from 'node:os';
import type { Ledger } from '../ledger/ledger.ts';
import { checkName } from '../ledger/names.ts';
import { pseudonymOf } from '../ledger/people.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Who writes, as the log names them: the role of `--by`, else the pseudonym of whoever started the pipeline, else `$KVITTO_ROLE`,
 * else the pseudonym of this user. Throws `usage` for a role that is no name.
 */
export async function actorOf(
  by: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  pipeline: Pipeline | null,
  ledger: Ledger,
): Promise<string> {
  if (by !== undefined) return checkName(by, '--by');
  if (pipeline !== null) {
    return pipeline.user === null ? pipeline.system : await pseudonymOf(ledger, pipeline.system, pipeline.user);
  }
  const role = env['KVITTO_ROLE'];
  if (role !== undefined && role !== '') return checkName(role, 'KVITTO_ROLE');
  return await pseudonymOf(ledger, 'local', userName());
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user number without an account, as in many containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
