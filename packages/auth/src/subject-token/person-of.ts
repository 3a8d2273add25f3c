import type { Human } from '@causeway/core';
import { type Check, firstRefusal, type Trace, untraced } from '../jwt/check.ts';
import type { JwtMembers } from '../jwt/parse-jwt.ts';
import { type Refused, refused } from '../jwt/refusal.ts';
import { PRESETS } from './presets.ts';
import type { ProviderSettings } from './provider-settings.ts';

export type PersonReason =
  | 'tenant_mismatch'
  | 'not_a_person'
  | 'delegated'
  | 'key_bound'
  | 'subject_missing'
  | 'subject_malformed'
  | 'groups_overage';

export interface Person {
  readonly ok: true;
  readonly human: Human;
}

interface PersonInput {
  readonly settings: ProviderSettings;
  readonly claims: JwtMembers;
}

const PERSON_CHECKS: readonly Check<PersonInput, PersonReason>[] = [
  // RFC 8725 §3.8: the same keys may sign for other tenants of the product.
  {
    name: 'tenant',
    refuse: ({ settings: { tenant, tenantClaim }, claims }) =>
      tenant === undefined || (tenantClaim !== undefined && own(claims, tenantClaim) === tenant)
        ? undefined
        : 'tenant_mismatch',
  },
  // A program of the partner's is no human: it would get a role without anybody behind it.
  {
    name: 'a person',
    refuse: ({ settings, claims }) => (PRESETS[settings.kind].isProgram(claims) ? 'not_a_person' : undefined),
  },
  // RFC 8693 §4.1: somebody else acts in it. Ours would name the person as the actor, and the trail would lie.
  {
    name: 'by themselves',
    refuse: ({ claims }) => (Object.hasOwn(claims, 'act') ? 'delegated' : undefined),
  },
  // RFC 7800 §3.1, RFC 9449 §6: good only with a proof of that key. Whoever stole it has none, and ours would need none.
  {
    name: 'not bound to a key',
    refuse: ({ claims }) => (Object.hasOwn(claims, 'cnf') ? 'key_bound' : undefined),
  },
  // RFC 7519 §4.1.2, OpenID Connect Core §2: text of at most 255 characters.
  {
    name: 'subject',
    refuse: ({ settings, claims }) => {
      const subject = PRESETS[settings.kind].subject(claims);
      if (subject === undefined) return 'subject_missing';
      return isSubject(subject) && isSubject(claims['sub'] ?? subject) ? undefined : 'subject_malformed';
    },
  },
  // Entra leaves groups out of a token when there are too many: then nobody can tell the role.
  { name: 'roles are all here', refuse: (input) => (isOverage(input) ? 'groups_overage' : undefined) },
];

/** Who the claims of a verified token make somebody. Identity is (issuer, stable subject); an e-mail is only an attribute. */
export function personOf(input: PersonInput, trace: Trace = untraced): Person | Refused<PersonReason> {
  const reason = firstRefusal(PERSON_CHECKS, input, trace);
  if (reason !== undefined) return refused(reason);
  const { settings, claims } = input;
  const subject = String(PRESETS[settings.kind].subject(claims));
  return { ok: true, human: { issuer: settings.issuer, subject, email: emailOf(input), idp: settings.id } };
}

const isSubject = (value: unknown): value is string => typeof value === 'string' && /^[^\p{Cc}]{1,255}$/u.test(value);

function isOverage({ settings: { roleClaim }, claims }: PersonInput): boolean {
  if (own(claims, roleClaim) !== undefined) return false;
  const elsewhere = own(claims, '_claim_names');
  const isElsewhere = typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, roleClaim);
  return isElsewhere || (roleClaim === 'groups' && [true, 'true'].includes(own(claims, 'hasgroups') as boolean));
}

/** It counts when it is of the provider's own domains and the provider does not call it unverified; otherwise there is none. */
function emailOf({ settings, claims }: PersonInput): string | undefined {
  const verified = own(claims, 'email_verified');
  if (verified === false || verified === 'false') return undefined;
  // Who has an e-mail of another company in the first claim is not given a second guess.
  const email = settings.emailClaims.map((name) => own(claims, name)).find((value) => value !== undefined);
  const domain = typeof email === 'string' ? EMAIL.exec(email)?.[1]?.toLowerCase() : undefined;
  if (typeof email !== 'string' || domain === undefined) return undefined;
  return settings.emailDomains.includes(domain) ? email.toLowerCase() : undefined;
}

const EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@([a-z0-9.-]{1,189})$/i;

/** A claim's own value: a name from the policy may be `constructor`, and what every object inherits must not answer for it. */
const own = (claims: JwtMembers, name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);
