import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** `HOST|PROCESS|SPACE|CHANCE`: who holds a lease. */
const parts = 4;

/** Names this process apart from all others, of other machines and of other times. */
export function newOwner(): string {
  const host = hostname().replaceAll('|', '_').slice(0, 100);
  return [host, process.pid, processSpace(), randomBytes(6).toString('hex')].join('|');
}

/**
 * The boot of the machine and the namespace in which process numbers mean something: equal only for processes that see each other. Empty where the system does
 * not tell.
 */
function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return '';
  }
}

/** Whether the process of an owner is surely gone: it would be visible from here, and is not. False where that cannot be told. */
export function isGone(owner: string): boolean {
  const split = owner.split('|');
  const [, pid = '', space = ''] = split;
  const number = Number(pid);
  if (split.length !== parts || space === '' || space !== processSpace() || !(number > 0)) return false;
  try {
    process.kill(number, 0);
    return isZombie(number);
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH';
  }
}

/** Killed, and its parent has not asked for its end yet. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}
