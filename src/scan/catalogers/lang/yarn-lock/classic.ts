import type { Problem } from '../../../../model/problem.ts';
import type { CatalogFile } from '../../../cataloger.ts';
import { type LockNode, maxLockEdges, maxLockEntries, tooManyEntries } from '../../lock-graph.ts';
import { aliasTarget, npmComponent, splitAtVersion } from '../../npm-component.ts';
import { malformed } from '../../text-document.ts';
import { entryFor, type YarnLock } from './lock.ts';

interface Block {
  readonly descriptors: readonly string[];
  version: string | null;
  readonly needs: [name: string, wanted: string][];
}

/** Yarn 1's own notation: a line of descriptors at the margin, its fields indented by two, names in a section by four. */
export function readClassic(text: string, file: CatalogFile): YarnLock {
  const problems: Problem[] = [];
  const invalid: string[] = [];
  const blocks = readBlocks(text, file, problems);
  const byDescriptor = new Map<string, string>();
  for (const { descriptors } of blocks) {
    for (const descriptor of descriptors) byDescriptor.set(descriptor, descriptors[0] ?? descriptor);
  }
  const nodes = new Map<string, LockNode>();
  for (const { descriptors, version, needs } of blocks) {
    const key = descriptors[0] ?? '';
    const split = splitAtVersion(key);
    const name = split === null ? null : (aliasTarget(split.rest)?.name ?? split.name);
    const component = name === null || version === null ? null : npmComponent(name, version);
    if (component === null) invalid.push(key);
    else {
      const keys = needs.flatMap(([need, wanted]) => entryFor(byDescriptor, need, wanted) ?? []);
      nodes.set(key, { component, needs: keys, dev: null });
    }
  }
  return { nodes, byDescriptor, asked: null, problems, invalid };
}

function readBlocks(text: string, file: CatalogFile, problems: Problem[]): readonly Block[] {
  const blocks: Block[] = [];
  let block: Block | null = null;
  let inNeeds = false;
  let edges = 0;
  let number = 0;
  for (let start = 0; start < text.length; number++) {
    const end = text.indexOf('\n', start) < 0 ? text.length : text.indexOf('\n', start);
    const line = text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
    start = end + 1;
    const first = line.trimStart();
    if (first === '' || first.startsWith('#')) continue;
    const indent = line.length - first.length;
    const words = first.length > 65_536 ? null : wordsOf(first);
    if (
      words === null ||
      words.length === 0 ||
      (indent > 0 && block === null) ||
      (indent === 0 && !line.endsWith(':'))
    ) {
      problems.push(
        malformed(file, `line ${number + 1} is not what yarn 1 writes: the rest was not read; run yarn install`),
      );
      break;
    }
    if (indent === 0) {
      if (blocks.length >= maxLockEntries) {
        problems.push(tooManyEntries(file, 'entries', maxLockEntries));
        break;
      }
      block = { descriptors: words, version: null, needs: [] };
      blocks.push(block);
      inNeeds = false;
    } else if (indent <= 2) {
      inNeeds = words[0] === 'dependencies' || words[0] === 'optionalDependencies';
      if (words[0] === 'version' && words[1] !== undefined && block !== null) block.version = words[1];
    } else if (inNeeds && words[0] !== undefined && words[1] !== undefined && ++edges <= maxLockEdges) {
      block?.needs.push([words[0], words[1]]);
    }
  }
  if (edges > maxLockEdges) problems.push(tooManyEntries(file, 'edges', maxLockEdges));
  if (blocks.length === 0 && problems.length === 0 && !text.includes('yarn lockfile v1')) {
    problems.push(malformed(file, 'is no lockfile of yarn'));
  }
  return blocks;
}

/** The words of a line: bare, or quoted as JSON; split at blanks and commas, without the colon at the end. */
function wordsOf(line: string): string[] | null {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const char = line[at] ?? '';
    if (char === ' ' || char === ',' || (char === ':' && at === line.length - 1)) at++;
    else if (char === '"') {
      let end = at + 1;
      while (end < line.length && line[end] !== '"') end += line[end] === '\\' ? 2 : 1;
      if (end >= line.length) return null;
      try {
        words.push(String(JSON.parse(line.slice(at, end + 1))));
      } catch {
        return null;
      }
      at = end + 1;
    } else {
      let end = at;
      while (end < line.length && line[end] !== ' ' && line[end] !== ',') end++;
      words.push(line.slice(at, end === line.length && line[end - 1] === ':' ? end - 1 : end));
      at = end;
    }
  }
  return words;
}
