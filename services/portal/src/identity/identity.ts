import {
  type AgentTokenVerifier,
  createAgentTokenSigner,
  createAgentTokenVerifier,
  createPlatformAssertionSigner,
  createPrincipalTokenSigner,
  createPrincipalTokenVerifier,
  createSubjectTokenVerifier,
  type IssuedToken,
  type PrincipalGrant,
  type PrincipalTokenVerifier,
  type SigningKeys,
  type SubjectTokenVerifier,
  TrustedProviders,
} from '@causeway/auth';
import type { Agent, Caller } from '@causeway/core';
import { type PolicyDocument, type PolicyStore, providerSettings } from '@causeway/policy';

export interface IdentityDeps {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly policies: Pick<PolicyStore, 'current' | 'subscribe'>;
  readonly now: () => number;
  /** Of what goes wrong while providers are exchanged. */
  readonly report: (error: unknown) => void;
  /** Told of each subject token whether it was known. */
  readonly onTokenLookup?: ((isHit: boolean) => void) | undefined;
}

/** Who is asking, and what the portal says of them: every token is judged and made through here, by the policy of the moment. */
export interface Identity {
  readonly issuer: string;
  readonly document: PolicyDocument;
  readonly providers: TrustedProviders;
  readonly subjectTokens: SubjectTokenVerifier;
  readonly agentTokens: AgentTokenVerifier;
  readonly principalTokens: PrincipalTokenVerifier;
  signPrincipal(grant: PrincipalGrant): Promise<IssuedToken>;
  signAgent(agent: Agent, clientId: string): Promise<IssuedToken>;
  signAssertion(caller: Caller, audience: string): Promise<IssuedToken>;
  close(): Promise<void>;
}

export function createIdentity({ issuer, keys, policies, now, report, onTokenLookup }: IdentityDeps): Identity {
  const providers = new TrustedProviders({ providers: providerSettings(policies.current), now });
  const subjectTokens = createSubjectTokenVerifier({ providers, ownIssuer: issuer, now, onLookup: onTokenLookup });
  const verifierFor = ({ policy: { resource } }: PolicyDocument) =>
    // What was taken back is asked of the policy and its revocations, for every kind of token alike: `standingOf`, `isRevoked`.
    createPrincipalTokenVerifier({ issuer, resource, keys, now, revocationOf: () => undefined });
  let principalTokens = verifierFor(policies.current);
  const unsubscribe = policies.subscribe(({ after }) => {
    principalTokens = verifierFor(after);
    subjectTokens.clear();
    providers.update(providerSettings(after)).catch(report);
  });
  return {
    issuer,
    get document() {
      return policies.current;
    },
    providers,
    subjectTokens,
    agentTokens: createAgentTokenVerifier({ issuer, keys, now }),
    get principalTokens() {
      return principalTokens;
    },
    signPrincipal: (grant) => {
      const { resource, lifetimes } = policies.current.policy;
      const lifetimeSeconds = lifetimes.principalTokenSeconds;
      return createPrincipalTokenSigner({ issuer, resource, keys, now, lifetimeSeconds }).sign(grant);
    },
    signAgent: (agent, clientId) => {
      const lifetimeSeconds = policies.current.policy.lifetimes.agentTokenSeconds;
      return createAgentTokenSigner({ issuer, keys, now, lifetimeSeconds }).sign({ agent, clientId });
    },
    signAssertion: (caller, audience) => createPlatformAssertionSigner({ issuer, audience, keys, now }).sign(caller),
    close: async () => {
      unsubscribe();
      await providers.close();
    },
  };
}
