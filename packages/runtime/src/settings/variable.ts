import type { z } from 'zod';

export type Deployment = 'local' | 'production';

/** How a value came to the process. */
export interface Provenance {
  readonly deployment: Deployment;
  readonly source: 'plain' | 'file' | 'default';
}

/** One environment variable: its name, what it may hold, and what production demands of it. */
export interface Variable<T> {
  readonly name: string;
  readonly description: string;
  /** Completes "must be …". Problems are worded with this alone, so that none can quote a value. */
  readonly expects: string;
  readonly schema: z.ZodType<T, string>;
  readonly required: boolean;
  /** Taken when the variable is not set. */
  readonly default?: string;
  /** Taken when the variable is not set and the process is local; production must set it. */
  readonly localDefault?: string;
  /** Decides, with the others of its kind, whether the process is local. */
  readonly isPublicUrl?: boolean;
  /** The value may come from the file that NAME_FILE names. */
  readonly isSecret?: boolean;
  /** What is wrong with a well-formed value, worded to follow the variable's name. */
  refuse?(value: T, provenance: Provenance): string | undefined;
}

/** What a service says about a variable, beside its name. */
export interface About {
  readonly description: string;
  readonly default?: string;
  readonly localDefault?: string;
}

/** The same variable, but it may be left out. */
export function optional<T>(variable: Variable<T>): Variable<T | undefined> {
  return {
    ...variable,
    required: false,
    refuse: (value, provenance) => (value === undefined ? undefined : variable.refuse?.(value, provenance)),
  };
}
