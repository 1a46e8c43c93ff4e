import assert from 'node:assert/strict';
import test from 'node:test';
import { baseOf, isDistribution, lookupOf, nameOf } from './ecosystem.ts';
import { parsePurl } from './purl.ts';

function look(text: string): string | null {
  const purl = parsePurl(text);
  assert.ok(purl !== null, text);
  const found = lookupOf(purl);
  if (found === null) return null;
  const { ecosystems, name, version, by, scheme } = found;
  return `${ecosystems.join(',')} | ${name} | ${version} | ${by} | ${scheme?.id ?? 'no order'}`;
}

test('lookup: packages of distributions, by source package and release', () => {
  const rows: [string, string | null][] = [
    [
      'pkg:deb/debian/libssl3@3.0.17-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl',
      'Debian:12 | openssl | 3.0.17-1~deb12u2 | source-package | deb',
    ],
    [
      'pkg:deb/debian/libc6@2.36-9?distro=debian-12.5&upstream=glibc%402.36-8',
      'Debian:12 | glibc | 2.36-8 | source-package | deb',
    ],
    ['pkg:deb/debian/git@1:2.39.5-0+deb12u2?distro=debian-12', 'Debian:12 | git | 1:2.39.5-0+deb12u2 | purl | deb'],
    ['pkg:deb/debian/curl@7.88?distro=bookworm', 'Debian:12 | curl | 7.88 | purl | deb'],
    [
      'pkg:deb/debian/linux-image-6.1.0-18-amd64@6.1.76-1?distro=debian-12&upstream=linux-signed-amd64%406.1.76%2B1',
      'Debian:12 | linux | 6.1.76-1 | source-package | deb',
    ],
    ['pkg:deb/ubuntu/bash@5.1-6ubuntu1?distro=ubuntu-22.04', 'Ubuntu:22.04:LTS | bash | 5.1-6ubuntu1 | purl | deb'],
    [
      'pkg:apk/alpine/libcrypto3@3.1.4-r5?distro=alpine-3.18.4&upstream=openssl',
      'Alpine:v3.18 | openssl | 3.1.4-r5 | source-package | apk',
    ],
    ['pkg:apk/wolfi/bash@5.2-r1?distro=wolfi-20230201', 'Wolfi | bash | 5.2-r1 | purl | apk'],
    ['pkg:apk/wolfi/bash@5.2-r1', 'Wolfi | bash | 5.2-r1 | purl | apk'],
    [
      'pkg:rpm/almalinux/openssl-libs@3.0.7-24.el9?distro=almalinux-9.3&epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm',
      'AlmaLinux:9 | openssl-libs | 1:3.0.7-24.el9 | purl | rpm',
    ],
    [
      'pkg:rpm/rocky/openssl-libs@3.0.7-24.el9?distro=rocky-9.3&epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm',
      'Rocky Linux:9 | openssl | 1:3.0.7-24.el9 | source-package | rpm',
    ],
    ['pkg:deb/debian/curl', null],
    ['pkg:deb/debian/curl@7.88', null],
    ['pkg:deb/kali/curl@7.88?distro=kali-2024.1', null],
    ['pkg:apk/alpine/musl@1.2.5-r0?distro=alpine-3.23.0_alpha20250612', null],
    // The purl's type and the distribution that it names do not fit.
    ['pkg:rpm/debian/curl@7.88?distro=debian-12', null],
  ];
  for (const [purl, expected] of rows) assert.equal(look(purl), expected, purl);
});

test('lookup: every type of a language', () => {
  const rows: [string, string | null][] = [
    ['pkg:npm/%40babel/core@7.0.0', 'npm | @babel/core | 7.0.0 | purl | semver'],
    ['pkg:npm/lodash@4.17.20', 'npm | lodash | 4.17.20 | purl | semver'],
    ['pkg:pypi/Foo_Bar.baz@1.0', 'PyPI | foo-bar-baz | 1.0 | purl | pep440'],
    [
      'pkg:golang/github.com/Masterminds/semver/v3@v3.1.0',
      'Go | github.com/Masterminds/semver/v3 | v3.1.0 | purl | go',
    ],
    ['pkg:golang/stdlib@1.22.1', 'Go | stdlib | 1.22.1 | purl | go'],
    ['pkg:cargo/openssl@0.10.0', 'crates.io | openssl | 0.10.0 | purl | semver'],
    ['pkg:bitnami/nginx@1.25.3-2?arch=amd64', 'Bitnami | nginx | 1.25.3-2 | purl | bitnami'],
    ['pkg:composer/Symfony/http-kernel@5.0', 'Packagist | symfony/http-kernel | 5.0 | purl | no order'],
    ['pkg:gem/rails@7.0', 'RubyGems | rails | 7.0 | purl | gem'],
    ['pkg:maven/org.slf4j/slf4j-api@1.7', 'Maven | org.slf4j:slf4j-api | 1.7 | purl | no order'],
    ['pkg:nuget/Newtonsoft.Json@13.0.1', 'NuGet | Newtonsoft.Json | 13.0.1 | purl | no order'],
    ['pkg:hex/phoenix@1.7', 'Hex | phoenix | 1.7 | purl | semver'],
    ['pkg:swift/github.com/apple/swift-nio@2.0.0', 'SwiftURL | github.com/apple/swift-nio | 2.0.0 | purl | semver'],
    ['pkg:githubactions/actions/Checkout@v4', 'GitHub Actions | actions/checkout | v4 | purl | no order'],
    // A distribution's qualifier does not move a language's component there.
    ['pkg:pypi/requests@2.0?distro=debian-12', 'PyPI | requests | 2.0 | purl | pep440'],
    ['pkg:generic/foo@1', null],
    ['pkg:oci/app@sha256:00', null],
  ];
  for (const [purl, expected] of rows) assert.equal(look(purl), expected, purl);
});

test('lookup: names, and who is a distribution', () => {
  const name = (text: string) => nameOf(parsePurl(text) ?? assert.fail(text));
  assert.equal(name('pkg:deb/debian/libssl3@3?upstream=openssl'), 'libssl3');
  assert.equal(name('pkg:maven/a.b/c@1'), 'a.b:c');
  assert.equal(name('pkg:generic/a/b@1'), 'a/b');
  assert.equal(baseOf('Ubuntu:22.04:LTS'), 'Ubuntu');
  assert.deepEqual(['Debian:12', 'Wolfi', 'Bitnami', 'npm', 'Go', 'crates.io'].map(isDistribution), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
