import type { Human, Principal, Scope } from '@causeway/core';
import { roleClaim } from './claim-presets.ts';
import { groupsOfRole } from './groups.ts';
import { own } from './own.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PathSegment } from './problem.ts';
import type { Revocable } from './revocations.ts';
import { withRule } from './rule.ts';
import type { Provider } from './schema.ts';
import { revocation } from './standing.ts';

type ClaimsRefusal =
  | 'provider_unknown'
  | 'issuer_mismatch'
  | 'roles_malformed'
  | 'groups_overage'
  | 'no_role'
  | 'several_roles'
  | 'role_revoked'
  | 'human_revoked';

export type MappedClaims =
  | {
      readonly ok: true;
      readonly human: Human;
      readonly principal: Principal & { readonly role: string };
      /** The most that a token for this human may open. */
      readonly scopes: readonly Scope[];
      readonly at: readonly PathSegment[];
    }
  | {
      readonly ok: false;
      readonly refusal: ClaimsRefusal;
      readonly reason: string;
      readonly at: readonly PathSegment[];
    };

type Claims = Readonly<Record<string, unknown>>;
type Found<T> = { readonly found: T } | { readonly refusal: ClaimsRefusal; readonly reason: string };

/**
 * What a human's claims make them here. Who it is was told from the claims already, by the rules for their kind of token; the
 * claims are those of a token that was verified: nothing here proves them.
 */
export function mapClaims(document: PolicyDocument, human: Human, claims: Claims): MappedClaims {
  const { policy } = document;
  const index = policy.providers.findIndex(({ id }) => id === human.idp);
  const provider = policy.providers[index];
  const at = provider === undefined ? ['providers'] : ['providers', index, 'roles'];
  const refuse = (refusal: ClaimsRefusal, reason: string, where: readonly PathSegment[] = at): MappedClaims => ({
    ok: false,
    refusal,
    reason: withRule(document, reason, where),
    at: where,
  });
  if (provider === undefined) return refuse('provider_unknown', 'there is no such provider');
  if (provider.issuer !== human.issuer) {
    const reason = `the human is of another issuer than "${provider.id}" has now`;
    return refuse('issuer_mismatch', reason, ['providers', index, 'issuer']);
  }
  const chosen = roleOf(document, provider, claims);
  const revocables: Revocable[] = [{ kind: 'human', issuer: human.issuer, subject: human.subject }];
  if ('found' in chosen) revocables.push({ kind: 'role', role: chosen.found.role });
  const gone = revocation(document, revocables);
  if (gone !== undefined) {
    return refuse(gone.what.kind === 'role' ? 'role_revoked' : 'human_revoked', gone.reason, gone.at);
  }
  if ('refusal' in chosen) return refuse(chosen.refusal, chosen.reason);
  const { role, value } = chosen.found;
  const definition = own(policy.roles, role);
  if (definition === undefined) return refuse('no_role', `there is no role "${role}"`);
  return {
    ok: true,
    human,
    principal: { id: definition.principal, role, groups: groupsOfRole(policy, role) },
    scopes: definition.scopes,
    at: [...at, value],
  };
}

function roleOf(
  { policy }: PolicyDocument,
  provider: Provider,
  claims: Claims,
): Found<{ role: string; value: string }> {
  const values = roleValues(provider, claims);
  if ('refusal' in values) return values;
  const meanings = values.found.flatMap((value) => {
    const role = own(provider.roles, value);
    return role === undefined ? [] : [{ role, value }];
  });
  const roles = new Set(meanings.map(({ role }) => role));
  const unordered = [...roles].filter((role) => !policy.precedence.includes(role));
  if (roles.size > 1 && unordered.length > 0) {
    const reason = `the claims mean several roles (${[...roles].join(', ')}) and \`precedence\` does not name ${unordered.join(', ')}`;
    return { refusal: 'several_roles', reason };
  }
  const first = policy.precedence.find((role) => roles.has(role));
  const chosen = meanings.find(({ role }) => first === undefined || role === first);
  if (chosen !== undefined) return { found: chosen };
  return { refusal: 'no_role', reason: `no value of the claim "${roleClaim(provider)}" means a role` };
}

function roleValues(provider: Provider, claims: Claims): Found<readonly string[]> {
  const name = roleClaim(provider);
  const value = own(claims, name);
  const elsewhere = own(claims, '_claim_names');
  if (value === undefined && typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name)) {
    // Entra leaves groups out of a token when there are too many, and says where else to ask.
    return {
      refusal: 'groups_overage',
      reason: `the token has too many values for the claim "${name}": use app roles`,
    };
  }
  if (value === undefined || value === null) return { found: [] };
  if (typeof value === 'string') return { found: [value] };
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return { found: value };
  return { refusal: 'roles_malformed', reason: `the claim "${name}" is neither text nor a list of texts` };
}
