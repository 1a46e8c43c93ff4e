/** Ecosystems whose versions are compared as Debian compares them: epoch, then runs of text and digits, `~` before the end. */
const debianLike = new Set(['deb', 'rpm', 'apk']);

/**
 * Which of two fixed versions of one component is later, to choose the one that removes all: an approximation for people,
 * of no influence on findings or verdict. Below zero, zero or above zero.
 */
export function compareFixes(purlType: string, a: string, b: string): number {
  if (debianLike.has(purlType)) {
    const [epochA, restA] = epochOf(a);
    const [epochB, restB] = epochOf(b);
    return compareDigits(epochA, epochB) || compareRuns(restA, restB);
  }
  const [releaseA, preA] = preReleaseOf(a);
  const [releaseB, preB] = preReleaseOf(b);
  const order = compareRuns(releaseA, releaseB);
  if (order !== 0 || preA === preB) return order;
  if (preA === '') return 1;
  return preB === '' ? -1 : compareRuns(preA, preB);
}

function epochOf(version: string): [string, string] {
  const at = version.indexOf(':');
  return at < 0 ? ['0', version] : [version.slice(0, at), version.slice(at + 1)];
}

function preReleaseOf(version: string): [string, string] {
  const plain = version.replace(/^v/, '').split('+', 1)[0] ?? '';
  const at = plain.search(/-|(?<=\d)(?:a|b|c|rc|alpha|beta|dev)(?=\d|$)/);
  return at < 0 ? [plain, ''] : [plain.slice(0, at), plain.slice(at)];
}

function compareRuns(a: string, b: string): number {
  const runsA = a.match(/\d+|[^\d]+/g) ?? [];
  const runsB = b.match(/\d+|[^\d]+/g) ?? [];
  for (let i = 0; i < Math.max(runsA.length, runsB.length); i++) {
    const x = runsA[i] ?? '';
    const y = runsB[i] ?? '';
    const digits = /^\d/.test(x) && /^\d/.test(y);
    const order = digits ? compareDigits(x, y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function compareDigits(a: string, b: string): number {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}

function compareText(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = weight(a[i]) - weight(b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** `~` stands before the end of the text, letters before everything else. */
function weight(char: string | undefined): number {
  if (char === undefined) return 0;
  if (char === '~') return -1;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}
