import type { FileStat } from '../../../cataloger.ts';

/** `requirements*.txt`, `*requirements.txt`, and any text file in a folder `requirements`. */
export function isRequirementsFile({ name, path }: FileStat): boolean {
  if (!name.endsWith('.txt')) return false;
  if (name.startsWith('requirements') || name.endsWith('requirements.txt')) return true;
  return path.endsWith(`requirements/${name}`) && `/${path}`.endsWith(`/requirements/${name}`);
}

const developmentWords: ReadonlySet<string> = new Set([
  'dev',
  'develop',
  'development',
  'test',
  'tests',
  'testing',
  'lint',
  'docs',
  'doc',
  'typing',
  'ci',
  'bench',
  'build',
  'mypy',
]);

/** Whether the file's name says that it is for development: `requirements-dev.txt`, `test_requirements.txt`, `requirements/docs.txt`. */
export function isForDevelopment(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.split(/[-_.]/).some((word) => developmentWords.has(word.toLowerCase()));
}
