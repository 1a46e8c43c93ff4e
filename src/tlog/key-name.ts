/** Whether a text may be the name of a key (c2sp.org/signed-note): not empty, without space, plus sign and control characters. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\s+\p{Cc}]{1,256}$/u.test(name);
}
