/** One thing that an apply does, or would do. */
export interface Action {
  readonly verb: 'create' | 'update' | 'drop' | 'grant' | 'revoke' | 'set';
  /** For people. Holds no secret. */
  readonly what: string;
  readonly statements: readonly string[];
  /** The statements hold something that nobody may read: a report leaves them out. */
  readonly hidden?: true;
  /** Changes whom every database of the server lets in: roles and memberships are the server's. */
  readonly everywhere?: boolean;
}
