import { sql } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import type { DeploymentStopped } from '../fact.ts';
import { forever, formatInstant, type Instant } from '../instant.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkHappened } from './happened.ts';

export interface StopRequest {
  readonly service: string;
  readonly environment: string;
  /** Only this deployment; null: all that run. */
  readonly deployment: number | null;
  /** Null: now. */
  readonly at: Instant | null;
  /** It does not run any more, and nobody knows since when. */
  readonly unknownEnd: boolean;
  readonly actor: string;
}

/** Records that what runs as a service in an environment ended. Throws `not-in-ledger` where nothing runs. */
export async function stop(
  ledger: Ledger,
  request: StopRequest,
): Promise<{ appended: Appended; fact: DeploymentStopped }> {
  const service = checkName(request.service, 'SERVICE');
  const environment = checkName(request.environment, '--env');
  let fact: DeploymentStopped | null = null;
  const appended = await ledger.append(checkName(request.actor, '--by'), async ({ tx, recorded }) => {
    const at = request.at ?? recorded;
    checkHappened(at, recorded, '--at');
    const { rows } = await sql<{ deployment: number; valid_from: number }>`SELECT deployment, valid_from FROM period
      WHERE service = (SELECT id FROM service WHERE name = ${service})
      AND environment = (SELECT id FROM environment WHERE name = ${environment})
      AND known_to = ${forever} AND valid_to = ${forever} ORDER BY deployment`.execute(tx);
    const running = rows.filter((r) => request.deployment === null || r.deployment === request.deployment);
    if (running.length === 0) {
      throw new CodedError(
        'not-in-ledger',
        `nothing of ${clip(service)} runs in ${clip(environment)}, as far as the ledger knows`,
        {
          remedy: `kvitto history ${clip(service)} shows what was recorded`,
        },
      );
    }
    const early = running.find((r) => r.valid_from > at);
    if (early !== undefined) {
      throw new CodedError(
        'usage',
        `--at ${formatInstant(at)} is before deployment ${early.deployment} began (${formatInstant(early.valid_from)})`,
        {
          remedy: 'give the time when it ended, or name another deployment with --deployment',
        },
      );
    }
    fact = {
      kind: 'deployment-stopped',
      deployments: running.map((r) => r.deployment),
      at: formatInstant(at),
      ending: request.unknownEnd ? 'unknown' : 'known',
    };
    return [fact];
  });
  if (fact === null) throw new TypeError('an end without its fact');
  return { appended, fact };
}
