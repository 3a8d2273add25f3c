/** One thing that an apply does, or would do. */
export interface Action {
  readonly verb: 'create' | 'update' | 'drop' | 'grant' | 'revoke' | 'set';
  /** For people. Holds no secret. */
  readonly what: string;
  readonly statements: readonly string[];
  /** The statements hold something that nobody may read: a report leaves them out. */
  readonly hidden?: true;
}
