import { AppError, type Caller, narrowScopes, type Scope } from '@causeway/core';
import type { OutsideCall, SqlDialect } from '@causeway/platform';
import {
  type Access,
  accessOfCaller,
  accessOfGroups,
  groupsOfHuman,
  type PolicyDocument,
  scopesOf,
  standingOf,
  type ToolName,
  toolsOf,
} from '@causeway/policy';
import { allows } from '../connections/allow-list.ts';
import { Dataset } from './dataset.ts';

/** What the tools are on this platform. */
export interface ToolSurface {
  readonly offered: readonly ToolName[];
  readonly dialect: SqlDialect;
}

export interface PolicySource {
  /** The policy in force. */
  readonly current: PolicyDocument;
  /** One that waits for the engine: until then it can only take away. */
  readonly waiting: PolicyDocument | undefined;
}

/** The policy in force, with what the tools derive from it: worked out when it is first needed, and kept as long as it is in force. */
export class PolicyView {
  readonly document: PolicyDocument;
  readonly waiting: PolicyDocument | undefined;
  readonly dialect: SqlDialect;
  readonly #offered: readonly ToolName[];
  readonly #datasets = new Map<string, Dataset>();
  readonly #access = new Map<string, Access>();

  constructor({ current, waiting }: PolicySource, { offered, dialect }: ToolSurface) {
    this.document = current;
    this.waiting = waiting;
    this.dialect = dialect;
    this.#offered = offered;
  }

  /** Every document whose yes a call needs. */
  get deciding(): readonly PolicyDocument[] {
    return this.waiting === undefined ? [this.document] : [this.document, this.waiting];
  }

  /** What this caller may call, with this token or with one of more scopes, in a stable order. */
  toolsOf(caller: Caller): readonly ToolName[] {
    const allowed = this.deciding.map((document) => toolsOf(document, caller));
    return this.#offered.filter((name) => allowed.every((tools) => tools.includes(name)));
  }

  /** What the token gives, as far as every policy that decides gives it too. */
  scopesOf(caller: Caller): readonly Scope[] {
    return narrowScopes(...this.deciding.map((document) => scopesOf(document, caller)));
  }

  /** Whether a waiting edit no longer names this one of the platform's own people. */
  dropsHuman({ pattern, human }: Caller): boolean {
    if (pattern !== 'obo' || this.waiting === undefined) return false;
    const isNamed = ({ policy }: PolicyDocument) => groupsOfHuman(policy, human?.email ?? '') !== undefined;
    return isNamed(this.document) && !isNamed(this.waiting);
  }

  /** Whether a waiting edit takes this use of a connection from the caller. */
  takesConnection(caller: Caller, name: string, call: Pick<OutsideCall, 'method' | 'path'>): boolean {
    if (this.waiting === undefined) return false;
    const { connections } = this.waiting.policy;
    const definition = Object.hasOwn(connections, name) ? connections[name] : undefined;
    if (definition === undefined || !allows(definition.allow, call)) return true;
    const standing = standingOf(this.waiting, caller);
    return !standing.ok || !definition.grants.some((group) => standing.groups.includes(group));
  }

  /** Whoever the policy of this moment does not know, or no longer. */
  assertStanding(caller: Caller): void {
    for (const document of this.deciding) {
      const standing = standingOf(document, caller);
      if (!standing.ok) throw new AppError(standing.code, standing.reason);
    }
  }

  dataset(name: string): Dataset {
    const known = this.#datasets.get(name);
    if (known !== undefined) return known;
    const definition = this.document.policy.datasets[name];
    if (definition === undefined) throw new AppError('internal', `the policy has no dataset ${name}`);
    const dataset = new Dataset(definition, this.dialect);
    this.#datasets.set(name, dataset);
    return dataset;
  }

  /** Whether the policy says which groups the caller is in. Of the platform's own people the platform may be the only one that knows. */
  knowsGroupsOf({ pattern, human }: Caller): boolean {
    return pattern !== 'obo' || groupsOfHuman(this.document.policy, human?.email ?? '') !== undefined;
  }

  /** The fields of a dataset that read as empty for this caller, or for these groups of the platform. */
  maskedFields(dataset: Dataset, caller: Caller, groups?: readonly string[]): readonly string[] {
    const access = groups === undefined ? this.#accessOf(caller) : accessOfGroups(this.document.policy, groups);
    return dataset.fieldsOf(access.relations[dataset.relation]?.masked ?? []);
  }

  #accessOf(caller: Caller): Access {
    const key = `${caller.pattern} ${caller.principal.role ?? caller.principal.id}`;
    const known = this.#access.get(key);
    if (known !== undefined) return known;
    const access = accessOfCaller(this.document.policy, caller);
    this.#access.set(key, access);
    return access;
  }
}

/** The view of the policy in force: made anew when that changes. */
export function createPolicyViews(source: PolicySource, surface: ToolSurface): () => PolicyView {
  let view: PolicyView | undefined;
  return () => {
    const { current, waiting } = source;
    if (view?.document !== current || view.waiting !== waiting) view = new PolicyView({ current, waiting }, surface);
    return view;
  };
}
