import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeReadByOthers } from './owned-paths.ts';

test('manifests, archives of code and what may be an executable', () => {
  for (const path of [
    'usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO',
    'usr/lib/python3/dist-packages/pip-23.0.dist-info/METADATA',
    'usr/lib/python3/dist-packages/six-1.16.0.egg-info',
    'usr/share/nodejs/semver/package.json',
    'usr/bin/docker',
    'usr/bin/python3.11',
    'usr/libexec/docker/cli-plugins/docker-buildx',
    'usr/lib/go-1.19/pkg/tool/linux_amd64/compile',
    'usr/share/java/commons.jar',
    'opt/app',
    'sbin/mkfs.ext4',
  ])
    assert.equal(mayBeReadByOthers(path), true, path);
});

test('what nobody asks about', () => {
  for (const path of [
    '',
    'usr/share/doc/bash/copyright',
    'usr/share/doc/libc-bin/changelog.Debian.gz',
    'usr/share/man/man1/bash.1.gz',
    'usr/share/zoneinfo/Europe/Stockholm',
    'usr/lib/x86_64-linux-gnu/libc.so.6',
    'usr/lib/python3.11/os.py',
    'etc/passwd',
  ])
    assert.equal(mayBeReadByOthers(path), false, path);
});
