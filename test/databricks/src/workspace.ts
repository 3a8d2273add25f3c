import type { Caller } from '@causeway/core';
import { groupsOfHuman, groupsOfRole, type Policy, type PolicyDocument } from '@causeway/policy';
import type { FederationPolicy } from './oauth/federation.ts';

export interface WorkspaceOptions {
  /** The policy in force: its principals are the workspace's, its connections the catalog's. */
  readonly policy: () => PolicyDocument;
  /** Whom the federation policies of the roles' service principals trust. Their audience is the token endpoint. */
  readonly federationIssuer: string;
  /** The workspace's own people, whose tokens are the workspace's own. */
  readonly people?: { readonly issuer: string; readonly audience: string; readonly scopes: readonly string[] };
  /** Service principals beside the roles, such as the one that writes the audit table. */
  readonly machines?: readonly ServicePrincipal[];
  readonly catalog: string;
  readonly now?: () => number;
}

export interface ServicePrincipal {
  readonly application: string;
  readonly policies: readonly FederationPolicy[];
  /** For M2M. */
  readonly secret?: string;
  /** What it may ask for. Undefined: everything. */
  readonly scopes?: readonly string[];
}

/** Who is known to the workspace: the roles' service principals by the policy, the people by theirs, and machines. */
export class Workspace {
  readonly options: WorkspaceOptions;
  readonly now: () => number;
  /** Where the workspace is, as soon as it listens. */
  url = '';

  constructor(options: WorkspaceOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  get policy(): Policy {
    return this.options.policy().policy;
  }

  servicePrincipal(application: string): ServicePrincipal | undefined {
    const machine = this.options.machines?.find((one) => one.application === application);
    if (machine !== undefined || this.#roleOf(application) === undefined) return machine;
    const policy = {
      issuer: this.options.federationIssuer,
      audiences: [`${this.url}/oidc/v1/token`],
      subject: application,
    };
    return { application, policies: [policy] };
  }

  callerOf(application: string): Caller | undefined {
    const role = this.#roleOf(application);
    if (role === undefined) return undefined;
    const groups = groupsOfRole(this.policy, role);
    return { ...COMMON, pattern: 'federation', human: undefined, principal: { id: application, role, groups } };
  }

  callerOfPerson(email: string): Caller | undefined {
    const groups = groupsOfHuman(this.policy, email);
    if (groups === undefined) return undefined;
    const human = { issuer: this.options.people?.issuer ?? '', subject: email, email, idp: 'workspace' };
    return { ...COMMON, pattern: 'obo', human, principal: { id: email, role: undefined, groups } };
  }

  #roleOf(application: string): string | undefined {
    return Object.entries(this.policy.roles).find(([, { principal }]) => principal === application)?.[0];
  }
}

const COMMON = { agent: undefined, scopes: [], expiresAt: new Date(8_640_000_000_000), tokenId: 'emulated' } as const;
