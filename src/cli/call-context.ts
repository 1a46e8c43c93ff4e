/** What a command line is run with, besides its words and the environment. */
export interface CallContext {
  /** Version of the program. */
  readonly version: string;
  /** What time it is. Tests and the generator of the documentation hand in their own. */
  readonly clock: () => Date;
  /** The file that Node was started with, for commands that start another process of this program; null where there is none. */
  readonly entry?: string | null;
}
