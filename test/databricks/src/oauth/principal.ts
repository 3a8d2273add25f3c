import type { Caller } from '@causeway/core';

/** Whom a token of the workspace stands for. */
export interface Principal {
  /** What `current_user()` says: an application id, or the user name. */
  readonly name: string;
  /** As the governed engine knows it. Undefined: this principal may read no governed data. */
  readonly caller: Caller | undefined;
  readonly scopes: ReadonlySet<string>;
}
