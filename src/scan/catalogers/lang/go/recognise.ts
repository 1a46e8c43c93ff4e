import { elfLayout } from './elf.ts';
import type { Layout } from './layout.ts';
import { fatSliceOffset, machOLayout } from './mach-o.ts';
import { peLayout } from './pe.ts';

/** What the first bytes of a file are: an executable, a container with one at `slice`, not enough bytes, or neither. */
export type Recognised = { readonly layout: Layout } | { readonly slice: number } | 'more' | null;

/**
 * Reads the headers of an ELF, PE or Mach-O file. `head` is its first bytes, which may be an attacker's; `whole` says that there are no more
 * or that no more will be handed over: then the answer is never `more`.
 */
export function readLayout(head: Buffer, whole: boolean): Recognised {
  if (head.length < 4) return whole ? null : 'more';
  const magic = head.readUInt32BE(0);
  if (magic !== 0x7f454c46 && head.readUInt16BE(0) !== 0x4d5a && !machMagics.has(magic)) return null;
  if (!whole) return 'more';
  try {
    if (magic === 0x7f454c46) return wrapped(elfLayout(head));
    if (head.readUInt16BE(0) === 0x4d5a) return wrapped(peLayout(head));
    if (magic === 0xcafebabe || magic === 0xcafebabf) {
      const slice = fatSliceOffset(head);
      return slice === null ? null : { slice };
    }
    return wrapped(machOLayout(head));
  } catch (error) {
    // Offsets in the headers that point outside of them: no executable that any loader would take.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const machMagics: ReadonlySet<number> = new Set([
  0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe, 0xcafebabf,
]);

function wrapped(layout: Layout | null): Recognised {
  return layout === null ? null : { layout };
}
