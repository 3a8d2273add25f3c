/** What can be taken back. */
export type Revocable =
  | { readonly kind: 'human'; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'agent'; readonly id: string }
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'role'; readonly role: string };

/** A source of revocations beside the policy document. It answers from memory, on every call. */
export interface Revocations {
  /** Why this is revoked, for the log and the audit trail, or undefined when it is not. Throws when nobody knows. */
  revocationOf(what: Revocable): string | undefined;
}
