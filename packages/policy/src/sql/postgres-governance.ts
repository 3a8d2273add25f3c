/**
 * What a policy means on a Postgres server: objects in the order in which they can be made; what is gone from the policy is
 * dropped in the reverse order. Everything runs in one transaction, the preamble first.
 *
 * How `apply` knows what is there already, without a record of its own:
 * - every object with a `mark` carries it as its comment (`causeway: <fingerprint of the statements>`): the same mark means
 *   unchanged, another mark of ours means changed, no mark means somebody else's, which the statements refuse to touch;
 * - memberships and grants have no comment and are compared with `pg_auth_members` and the object's ACL;
 * - an object that carries our mark and that the policy does not name is dropped; `dropStatement` writes how.
 */
export interface PostgresGovernance {
  /** For the transaction: names mean the built-in ones, whatever the session or the database says. */
  readonly preamble: readonly string[];
  readonly objects: readonly GovernedObject[];
  /** What the owner of a table that Causeway did not create must grant. Run only when the operator asks for it. */
  readonly prerequisites: readonly Prerequisite[];
}

export type GovernedObject = GovernedIdentity & {
  /** For people: unique among the objects of its kind. */
  readonly name: string;
  /** Makes it so, whatever is there: runs on a fresh server, after an older policy, and a second time. */
  readonly statements: readonly string[];
  /** The comment that the object carries afterwards. Absent for memberships, grants and the digest. */
  readonly mark?: string;
};

export type GovernedIdentity =
  | { readonly kind: 'role'; readonly role: string; readonly purpose: RolePurpose }
  | {
      readonly kind: 'membership';
      readonly member: string;
      readonly group: string;
      /** False: the member may only `SET ROLE` to the group. */
      readonly inherit: boolean;
    }
  | { readonly kind: 'schema'; readonly schema: string }
  | { readonly kind: 'function'; readonly schema: string; readonly function: string; readonly args: readonly string[] }
  | { readonly kind: 'table'; readonly schema: string; readonly relation: string }
  | { readonly kind: 'row-policy'; readonly schema: string; readonly relation: string; readonly policy: string }
  | { readonly kind: 'view'; readonly schema: string; readonly relation: string; readonly columns: readonly string[] }
  | { readonly kind: 'wrapper'; readonly wrapper: string }
  | { readonly kind: 'server'; readonly server: string }
  | ({ readonly kind: 'grant' } & Grant)
  | { readonly kind: 'digest'; readonly digest: string };

export type RolePurpose = 'owner' | 'views' | 'gateway' | 'group' | 'principal' | 'human';

export interface Grant {
  readonly privilege: 'SELECT' | 'USAGE' | 'EXECUTE';
  readonly on: GrantTarget;
  readonly grantee: string;
}

export type GrantTarget =
  | {
      readonly type: 'relation';
      readonly schema: string;
      readonly relation: string;
      readonly columns?: readonly string[];
    }
  | { readonly type: 'schema'; readonly schema: string }
  | { readonly type: 'function'; readonly schema: string; readonly function: string; readonly args: readonly string[] }
  | { readonly type: 'server'; readonly server: string };

/** A relation of somebody else's, the columns of it that the governed view reads, and what that takes. */
export interface Prerequisite {
  readonly schema: string;
  readonly relation: string;
  readonly columns: readonly string[];
  readonly statements: readonly string[];
}
