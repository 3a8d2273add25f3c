/** What can be taken back. */
export type Revocable =
  | { readonly kind: 'human'; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'agent'; readonly id: string }
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'role'; readonly role: string };

export interface Revoked {
  readonly what: Revocable;
  /** For the log and the audit trail. */
  readonly reason: string;
}

/** A source of revocations beside the policy document. It answers from memory, on every call. */
export interface Revocations {
  /** The first of these that is revoked, or undefined when none is. Throws when it knows of none, and not of all. */
  revocationOf(whats: readonly Revocable[]): Revoked | undefined;
}
