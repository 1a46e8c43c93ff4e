/** An option that may be given again. */
export const collect = (value: string, former: readonly string[]): string[] => [...former, value];

/** An option that takes a list with commas, and may be given again. */
export const list = (value: string, former: readonly string[]): string[] => [
  ...former,
  ...value.split(',').filter((part) => part !== ''),
];
