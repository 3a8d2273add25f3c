/** What a token may open, in the order in which it is written. */
export const SCOPES = ['sql', 'genie', 'serving', 'connections', 'audit'] as const;

export type Scope = (typeof SCOPES)[number];

export const isScope = (value: string): value is Scope => (SCOPES as readonly string[]).includes(value);

/** Scopes that are in every list, in canonical order: what a caller is given is never more than each of them allows. */
export function narrowScopes(...lists: readonly (readonly Scope[])[]): Scope[] {
  return SCOPES.filter((scope) => lists.length > 0 && lists.every((list) => list.includes(scope)));
}
