import { isIPv6 } from 'node:net';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { clip } from '../../model/problem.ts';

/** Where an image lies: `host/repository[:tag][@digest]`. At least one of tag and digest is set; the digest wins. */
export interface ImageReference {
  /** Host and port as a URL has them (`[::1]:5000`, `docker.io`), in lower case. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const mostNameChars = 255;

/**
 * Reads a reference as Docker and podman do: without a host it is one of Docker Hub (`debian` is
 * `docker.io/library/debian`), without tag and digest it means the tag `latest`.
 * Throws `usage` that says which part is wrong.
 * Grammar: https://github.com/distribution/reference/blob/main/reference.go
 */
export function parseReference(text: string): ImageReference {
  if (text === '') throw wrong(text, 'it is empty');
  if (text.length > 1024) throw wrong(text, 'it is longer than 1024 characters');
  if (text.includes('://')) throw wrong(text, 'it is a URL', 'Leave the scheme out: host/repository:tag.');
  const at = text.indexOf('@');
  const digest = at < 0 ? null : parseDigest(text, text.slice(at + 1));
  const named = at < 0 ? text : text.slice(0, at);
  // A colon before the last slash belongs to a port or an IPv6 address.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? null : parseTag(text, named.slice(colon + 1));
  const { host, repository } = splitName(text, colon < 0 ? named : named.slice(0, colon));
  return { host, repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}

/** The reference in full: `docker.io/library/debian:12`. `parseReference` gives the same parts back. */
export function formatReference(reference: ImageReference): string {
  const { host, repository, tag, digest } = reference;
  return `${host}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

function splitName(text: string, name: string): { host: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  // Docker takes capital letters for a host too; they are far more often a slip in a repository of Docker Hub.
  const hasHost = first === 'localhost' || /[.:[]/.test(first);
  let host = hasHost ? parseHost(text, first) : 'docker.io';
  let repository = hasHost ? name.slice(slash + 1) : name;
  if (hubHosts.has(host)) {
    host = 'docker.io';
    if (!repository.includes('/')) repository = `library/${repository}`;
  }
  checkRepository(text, repository);
  if (host.length + 1 + repository.length > mostNameChars) {
    throw wrong(text, `host and repository have more than ${mostNameChars} characters`);
  }
  return { host, repository };
}

function parseHost(text: string, host: string): string {
  const bracket = host.startsWith('[') ? host.indexOf(']') : -1;
  const colon = host.indexOf(':', bracket + 1);
  const name = colon < 0 ? host : host.slice(0, colon);
  if (colon >= 0) {
    const port = host.slice(colon + 1);
    if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
      throw wrong(text, `"${clip(port, 40)}" is no port`);
    }
  }
  const good = name.startsWith('[')
    ? name.endsWith(']') && isIPv6(name.slice(1, -1)) && !name.includes('%')
    : name.split('.').every((part) => /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(part));
  if (!good) throw wrong(text, `"${clip(name, 80)}" is no host name`);
  return host.toLowerCase();
}

function checkRepository(text: string, repository: string): void {
  for (const part of repository.split('/')) {
    if (part === '') throw wrong(text, 'a part of its repository is empty');
    if (/[A-Z]/.test(part)) throw wrong(text, `"${clip(part, 80)}" holds capital letters`);
    if (!/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(part)) {
      throw wrong(text, `"${clip(part, 80)}" is no part of a repository name (a-z, 0-9, and between them . _ __ -)`);
    }
  }
}

function parseTag(text: string, tag: string): string {
  if (tag === '') throw wrong(text, 'its tag is empty');
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) {
    throw wrong(text, `"${clip(tag, 80)}" is no tag (at most 128 of A-Z, a-z, 0-9, _ . -, not starting with . or -)`);
  }
  return tag;
}

function parseDigest(text: string, digest: string): Digest {
  if (digest.startsWith('sha512:')) throw wrong(text, 'digests other than sha256 are not supported');
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw wrong(text, `"${clip(digest, 80)}" is no digest (sha256: and 64 of 0-9, a-f)`);
  }
  return digest as Digest;
}

function wrong(text: string, why: string, remedy?: string): CodedError {
  // Some write a login before the host, as in an address; a message is no place for it.
  const shown = text.replace(/^[^/@]*:[^/@]*@/, '…@');
  return new CodedError('usage', `"${clip(shown)}" names no image: ${why}.`, {
    remedy: remedy ?? 'Write it as [host[:port]/]repository[:tag][@sha256:…], for example docker.io/library/debian:12.',
  });
}
