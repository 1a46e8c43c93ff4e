import {
  isPythonName,
  normalizedPythonName,
  parseRequirement,
  pinnedVersion,
  pythonComponent,
} from '../../python-component.ts';
import type { RequirementLine } from './lines.ts';

/** What one line comes to. */
export type Asked =
  | { readonly kind: 'pinned'; readonly component: NonNullable<ReturnType<typeof pythonComponent>>; readonly via: Via }
  /** Its version is not told: a range, a repository, an archive. `optional`: a marker may rule it out. */
  | { readonly kind: 'open'; readonly name: string; readonly optional: boolean }
  /** Another file: read for itself where its name says that it holds requirements. */
  | { readonly kind: 'include'; readonly path: string }
  | { readonly kind: 'invalid'; readonly text: string };

/** Who asks for it, as pip-compile and uv write it in comments; null where there is no such comment. */
export type Via = { readonly direct: boolean; readonly names: readonly string[] } | null;

/** Null for an option, for the project itself (`-e .`), and for a folder of it. */
export function readRequirement({ text, comments }: RequirementLine): Asked | null {
  if (text.startsWith('-')) return readOption(text);
  const requirement = parseRequirement(text);
  const isName = requirement !== null && !text.slice(requirement.name.length).startsWith('/') && !text.includes('://');
  if (!isName && !/^[a-z0-9._-]+(\[[^\]]*\])?\s*@/i.test(text.slice(0, 512))) return readAddress(text);
  if (requirement === null) return { kind: 'invalid', text };
  const { name, specifier, marker } = requirement;
  if (specifier.startsWith('@')) {
    const inName = componentOfArchive(specifier.slice(1).trim());
    return inName === null
      ? { kind: 'open', name, optional: false }
      : { kind: 'pinned', component: inName, via: viaOf(comments) };
  }
  const version = pinnedVersion(specifier);
  if (version === null) {
    // After the name only a specifier can stand: anything else is not a requirement at all.
    return specifier === '' || /^[<>=!~]/.test(specifier)
      ? { kind: 'open', name, optional: marker !== '' }
      : { kind: 'invalid', text };
  }
  const component = pythonComponent(name, version);
  return component === null ? { kind: 'invalid', text } : { kind: 'pinned', component, via: viaOf(comments) };
}

function readOption(text: string): Asked | null {
  const editable = optionValue(text, '-e', '--editable');
  if (editable !== null) return readAddress(editable);
  const path = optionValue(text, '-r', '--requirement');
  return path === null ? null : { kind: 'include', path };
}

function optionValue(text: string, ...names: readonly string[]): string | null {
  const name = names.find((one) => text.startsWith(`${one} `) || text.startsWith(`${one}=`));
  return name === undefined ? null : text.slice(name.length + 1).trim();
}

/** An archive's name tells its version; a repository's does not; a folder is the project's own. */
function readAddress(text: string): Asked | null {
  const component = componentOfArchive(text);
  if (component !== null) return { kind: 'pinned', component, via: null };
  if (text.includes('://')) {
    const egg = text.indexOf('#egg=');
    const name = egg < 0 ? '' : text.slice(egg + 5).split(/[&[ ]/, 1)[0];
    return {
      kind: 'open',
      name: name !== undefined && isPythonName(name) ? name : text.slice(0, 200),
      optional: false,
    };
  }
  // A page that was saved in place of the file has slashes, too.
  if (/[<>"]/.test(text)) return { kind: 'invalid', text };
  const isPath = text.startsWith('.') || text.startsWith('/') || text.startsWith('file:') || text.includes('/');
  return isPath ? null : { kind: 'invalid', text };
}

/** `…/name-1.0-py3-none-any.whl`: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ */
function componentOfArchive(address: string): ReturnType<typeof pythonComponent> {
  const path = address.split(/[#?; ]/, 1)[0] ?? '';
  const file = path.slice(path.lastIndexOf('/') + 1);
  const [name, version] = file.endsWith('.whl') ? file.split('-') : [];
  return name === undefined || version === undefined ? null : pythonComponent(name, decodeVersion(version));
}

/** In an address the `+` of a local version is escaped. */
function decodeVersion(version: string): string {
  return version.replaceAll('%2B', '+').replaceAll('%2b', '+');
}

function viaOf(comments: readonly string[]): Via {
  const start = comments.findIndex((comment) => comment === 'via' || comment.startsWith('via '));
  if (start < 0) return null;
  const sources = comments
    .slice(start)
    .flatMap((comment, at) => (at === 0 ? comment.slice(3) : comment).split(','))
    .map((source) => source.trim())
    .filter((source) => source !== '');
  const isName = (source: string) => isPythonName(source);
  return {
    direct: sources.some((source) => !isName(source)),
    names: sources.filter(isName).map(normalizedPythonName),
  };
}
