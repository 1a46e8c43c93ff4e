import { sql } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { ArtifactRef } from './answers.ts';
import { artifactRefs } from './deployment-refs.ts';
import { knownAt } from './known-at.ts';
import { ran } from './ran.ts';

const digestStart = /^(?:sha256:)?([0-9a-f]{8,64})$/;
const mostListed = 5;

/**
 * The artifact that a person means: by its digest or at least eight of its first digits (a reference `NAME@sha256:…` too),
 * by the digest of an image's configuration, or by the name of a service of which one artifact runs now.
 * Throws `not-in-ledger`, and `usage` where several are meant.
 */
export async function artifactOf(ledger: Ledger, text: string, asked: Instant | null = null): Promise<ArtifactRef> {
  const asOf = await knownAt(ledger, asked);
  const digits = digestStart.exec(text.slice(text.lastIndexOf('@') + 1))?.[1];
  if (digits !== undefined) {
    const found = await byDigest(ledger, `sha256:${digits}`, asOf);
    if (found.length > 0) return only(text, found);
  }
  const known = await ledger.reader
    .selectFrom('service')
    .select('name')
    .where('name', '=', text.normalize('NFC'))
    .executeTakeFirst();
  if (known === undefined) {
    throw new CodedError('not-in-ledger', `the ledger knows no artifact and no service ${clip(text, 80)}`, {
      remedy: 'give the digest of an artifact, its first eight digits or more, or the name of a service that runs',
    });
  }
  const { deployments } = await ran(ledger, { environment: null, at: null, asOf, service: known.name });
  const running = new Map(deployments.map((d) => [d.artifact.digest, d.artifact]));
  if (running.size > 0) return only(text, [...running.values()]);
  throw new CodedError('not-in-ledger', `nothing of ${clip(text, 80)} runs, as far as the ledger knows`, {
    remedy: `kvitto history ${clip(text, 80)} shows what ran`,
  });
}

async function byDigest(ledger: Ledger, start: string, asOf: Instant): Promise<ArtifactRef[]> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM artifact WHERE digest LIKE ${`${start}%`}
    OR config_digest LIKE ${`${start}%`} ORDER BY digest LIMIT ${mostListed + 1}`.execute(ledger.reader);
  const ids = rows.map((r) => r.id);
  return ids.length === 0 ? [] : [...(await artifactRefs(ledger, ids, asOf)).values()];
}

function only(text: string, found: readonly ArtifactRef[]): ArtifactRef {
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const listed = found.slice(0, mostListed).map((a) => `${a.digest}${a.name === null ? '' : ` (${clip(a.name, 60)})`}`);
  const more = found.length > mostListed ? ', and others' : '';
  throw new CodedError('usage', `${clip(text, 80)} stands for several artifacts: ${listed.join(', ')}${more}`, {
    remedy: 'give more digits of the digest',
  });
}
