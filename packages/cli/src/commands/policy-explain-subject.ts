import { personOf } from '@causeway/auth';
import {
  explainHuman,
  type Explanation,
  explainRole,
  mapClaims,
  type PolicyDocument,
  providerSettings,
  type Rule,
  ruleAt,
  tenantClaim,
} from '@causeway/policy';

import { CommandError, EXIT_USAGE } from '../command-error.ts';
import { nearestName } from '../nearest-name.ts';

export interface Explained {
  /** What the reader must know of how this was found out. */
  readonly notes: readonly string[];
  readonly human?: { readonly issuer: string; readonly subject: string; readonly email: string | undefined };
  /** The rule by which the claims mean the role. */
  readonly rule?: Rule;
  /** Why there is nothing to explain. */
  readonly refusal?: string;
  readonly explanation?: Explanation;
}

type Claims = Readonly<Record<string, unknown>>;

const UNVERIFIED =
  'The token was decoded and NOT verified: nothing here says that it is genuine, that it is current, or that it is meant for us.';

export function explainRoleNamed(document: PolicyDocument, role: string): Explained {
  const explanation = explainRole(document, role);
  if (explanation !== undefined) return { notes: [], explanation };
  const roles = Object.keys(document.policy.roles);
  const nearest = nearestName(role, roles);
  const advice = nearest === undefined ? `there are ${roles.join(', ')}` : `did you mean ${nearest}?`;
  throw new CommandError(EXIT_USAGE, `there is no role ${JSON.stringify(role)}; ${advice}`);
}

export function explainEmail(document: PolicyDocument, email: string): Explained {
  const explanation = explainHuman(document, email);
  if (explanation !== undefined)
    return { notes: ['The engine decides for the platform’s own people, by their groups.'], explanation };
  const advice =
    'the workspace of this policy does not name them; for people of a provider use --provider with --claims';
  return { notes: [], refusal: `nothing is known of ${email}: ${advice}` };
}

export function explainClaims(document: PolicyDocument, provider: string, json: string): Explained {
  const claims = parseClaims(json, '--claims is not a JSON object');
  const issuer = document.policy.providers.find(({ id }) => id === provider)?.issuer;
  return explainMapped(document, provider, { iss: issuer, ...SOMEBODY, ...claims });
}

export function explainToken(document: PolicyDocument, token: string): Explained {
  const payload = token.split('.')[1] ?? '';
  const claims = parseClaims(Buffer.from(payload, 'base64url').toString(), '--token is not a JWT');
  const { providers, resource, workspace } = document.policy;
  const notes = [UNVERIFIED];
  const provider = providers.find(({ issuer }) => issuer === claims['iss']);
  if (provider !== undefined)
    return { ...explainMapped(document, provider.id, claims), notes: [...notes, ...tenantNotes(provider, claims)] };
  if (workspace !== undefined && claims['iss'] === workspace.issuer) {
    return { ...explainEmail(document, text(claims['email'] ?? claims['preferred_username'] ?? claims['sub'])), notes };
  }
  if (claims['aud'] === resource) return { ...explainPrincipalToken(document, claims), notes };
  return { notes, refusal: 'the token’s issuer is no provider of this policy' };
}

/** A token of our own portal: its role and principal must be those of the policy still. */
function explainPrincipalToken(document: PolicyDocument, claims: Claims): Explained {
  const explanation = explainRole(document, text(claims['role']));
  if (explanation === undefined) return { notes: [], refusal: 'the policy has no such role' };
  if (explanation.principal === claims['sub']) return { notes: [], explanation };
  return { notes: [], refusal: 'the role has another principal now than this token: it is refused' };
}

/** For claims without a name: Entra's tokens say it by `oid`, the others by `sub`. */
const SOMEBODY = { sub: 'somebody', oid: 'somebody-there' };

function explainMapped(document: PolicyDocument, provider: string, claims: Claims): Explained {
  const settings = providerSettings(document).find(({ id }) => id === provider);
  if (settings === undefined) return { notes: [], refusal: 'provider_unknown: there is no such provider' };
  // A tenant that is not the pinned one is told beside the role, as a note.
  const person = personOf({ settings: { ...settings, tenant: undefined }, claims });
  if (!person.ok) return { notes: [], refusal: person.reason };
  const mapped = mapClaims(document, person.human, claims);
  if (!mapped.ok)
    return { notes: [], refusal: `${mapped.refusal}: ${mapped.reason}`, rule: ruleAt(document, mapped.at) };
  const { issuer, subject, email } = mapped.human;
  const explanation = explainRole(document, mapped.principal.role);
  return {
    notes: [],
    human: { issuer, subject, email },
    rule: ruleAt(document, mapped.at),
    ...(explanation !== undefined && { explanation }),
  };
}

function tenantNotes(provider: PolicyDocument['policy']['providers'][number], claims: Claims): string[] {
  const claim = tenantClaim(provider);
  if (provider.tenant === undefined || claim === undefined || claims[claim] === provider.tenant) return [];
  return [`Its "${claim}" is not the tenant of "${provider.id}": the portal refuses it.`];
}

function parseClaims(json: string, problem: string): Claims {
  try {
    const claims: unknown = JSON.parse(json);
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return claims as Claims;
  } catch {
    // The text may hold what nobody should read: it is not repeated.
  }
  throw new CommandError(EXIT_USAGE, problem);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
