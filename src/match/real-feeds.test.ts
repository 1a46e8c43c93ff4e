import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { storeFrom } from '../advisories/testing/store-from.ts';
import { match } from './match.ts';

const feeds = process.env['KVITTO_FEEDS'] ?? path.resolve(import.meta.dirname, '../../../shared/feeds');
const zip = path.join(feeds, '2026-08-21/osv/Debian/all.zip');

/** Source packages and versions that Debian 11 and 12 shipped at one time. */
const installed: [string, string, string][] = [
  ['12', 'openssl', '3.0.11-1~deb12u2'],
  ['12', 'openssl', '3.0.17-1~deb12u2'],
  ['12', 'curl', '7.88.1-10+deb12u5'],
  ['12', 'curl', '7.88.1-10+deb12u15'],
  ['12', 'git', '1:2.39.5-0+deb12u2'],
  ['12', 'glibc', '2.36-9+deb12u7'],
  ['12', 'expat', '2.5.0-1'],
  ['12', 'linux', '6.1.76-1'],
  ['12', 'libxml2', '2.9.14+dfsg-1.3~deb12u1'],
  ['12', 'perl', '5.36.0-7'],
  ['12', 'zlib', '1:1.2.13.dfsg-1'],
  ['12', 'systemd', '252.39-1~deb12u1'],
  ['11', 'openssl', '1.1.1n-0+deb11u3'],
  ['11', 'curl', '7.74.0-1.3+deb11u7'],
  ['11', 'gnutls28', '3.7.1-5'],
  ['11', 'bind9', '1:9.16.27-1~deb11u1'],
  ['11', 'krb5', '1.18.3-6+deb11u3'],
  ['11', 'python3.9', '3.9.2-1'],
];

interface NaiveRecord {
  id: string;
  withdrawn?: string;
  upstream?: string[];
  affected: { package: { ecosystem: string; name: string }; ranges: { events: Record<string, string>[] }[] }[];
}

/** All that the feed says of one source package, with nothing but dpkg to compare: `CVE DSA`. */
function naively(records: readonly NaiveRecord[], release: string, name: string, version: string): string[] {
  const below = (fixed: string) =>
    spawnSync('dpkg', ['--compare-versions', version, 'lt', fixed], { stdio: 'ignore' }).status === 0;
  const found: string[] = [];
  for (const record of records) {
    for (const { package: named, ranges } of record.affected) {
      if (named.ecosystem !== `Debian:${release}` || named.name !== name || record.withdrawn !== undefined) continue;
      for (const { events } of ranges) {
        assert.deepEqual(
          events.map((e) => Object.keys(e)),
          [['introduced'], ['fixed']],
        );
        assert.equal(events[0]?.['introduced'], '0');
        if (!below(events[1]?.['fixed'] ?? '')) continue;
        const ids = record.upstream?.length ? record.upstream : [record.id];
        found.push(...ids.map((id) => `${id} ${record.id}`));
      }
    }
  }
  return [...new Set(found)].sort();
}

test('match: on real Debian records, the same as a naive check with dpkg', async (t) => {
  if (!existsSync(zip)) return t.skip(`no feeds at ${feeds}: set KVITTO_FEEDS`);
  const raw = spawnSync('unzip', ['-p', zip], { maxBuffer: 200_000_000, encoding: 'utf8' });
  if (raw.error !== undefined) return t.skip('unzip not installed: apt-get install unzip');
  if (spawnSync('dpkg', ['--version']).error !== undefined) return t.skip('dpkg not installed: apt-get install dpkg');
  const names = new Set(installed.map(([, name]) => name));
  // The members follow each other without anything between them.
  const records = (
    JSON.parse(`[${raw.stdout.replaceAll(/\}\s*\{"schema_version"/g, '},{"schema_version"')}]`) as NaiveRecord[]
  ).filter((r) => r.affected.some((a) => names.has(a.package.name)));
  assert.ok(records.length > 500, `${records.length}`);
  const store = await storeFrom({ osv: { Debian: records } });
  try {
    let pairs = 0;
    for (const [release, name, version] of installed) {
      const purl = `pkg:deb/debian/some-binary@0?arch=amd64&distro=debian-${release}&upstream=${name}%40${encodeURIComponent(version)}`;
      const { matches, problems } = match([{ purl }], store);
      const ours = matches.flatMap((m) => m.advisories.map((advisory) => `${m.id} ${advisory}`)).sort();
      assert.deepEqual(problems, []);
      assert.deepEqual(ours, naively(records, release, name, version), `${name} ${version}`);
      pairs += ours.length;
      const inOrder = (fixed: string) =>
        spawnSync('dpkg', ['--compare-versions', fixed, 'gt', version], { stdio: 'ignore' }).status === 0;
      for (const fixed of new Set(matches.map((m) => m.fixedIn)))
        assert.ok(fixed !== null && inOrder(fixed), `${name} ${fixed}`);
    }
    t.diagnostic(
      `${records.length} records, ${installed.length} packages, ${pairs} pairs of vulnerability and advisory`,
    );
  } finally {
    store.close();
  }
});
