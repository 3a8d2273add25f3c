import { AppError, type Scope } from '@causeway/core';

/** The role may, and this token was not given the scope: another token would do. */
export class InsufficientScope extends AppError {
  readonly scope: Scope | undefined;

  constructor(scope: Scope | undefined, reason: string) {
    super('insufficient_scope', reason);
    this.scope = scope;
  }
}
