import { AppError, type Caller } from '@causeway/core';
import type { SqlDialect } from '@causeway/platform';
import {
  type Access,
  accessOfGroups,
  accessOfRole,
  groupsOfHuman,
  type Policy,
  type PolicyDocument,
  type ToolName,
  toolsOf,
} from '@causeway/policy';
import { Dataset } from './dataset.ts';

/** What the tools are on this platform. */
export interface ToolSurface {
  readonly offered: readonly ToolName[];
  readonly dialect: SqlDialect;
}

/** One policy document, with what the tools derive from it: worked out when it is first needed, and kept as long as it is in force. */
export class PolicyView {
  readonly document: PolicyDocument;
  readonly dialect: SqlDialect;
  readonly #offered: readonly ToolName[];
  readonly #datasets = new Map<string, Dataset>();
  readonly #access = new Map<string, Access>();

  constructor(document: PolicyDocument, { offered, dialect }: ToolSurface) {
    this.document = document;
    this.dialect = dialect;
    this.#offered = offered;
  }

  /** What this caller may call, with this token or with one of more scopes, in a stable order. */
  toolsOf(caller: Caller): readonly ToolName[] {
    return toolsOf(this.document, caller).filter((name) => this.#offered.includes(name));
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

  /** The fields of a dataset that read as empty for this caller. */
  maskedFields(caller: Caller, dataset: Dataset): readonly string[] {
    const masked = this.#accessOf(caller).relations[dataset.relation]?.masked ?? [];
    return dataset.fieldsOf(masked);
  }

  #accessOf(caller: Caller): Access {
    const key = `${caller.pattern} ${caller.principal.role ?? caller.principal.id}`;
    const known = this.#access.get(key);
    if (known !== undefined) return known;
    const access = accessOf(this.document.policy, caller);
    this.#access.set(key, access);
    return access;
  }
}

/** The platform's own people have groups, everybody else a role. */
function accessOf(policy: Policy, { pattern, human, principal }: Caller): Access {
  if (pattern !== 'obo') return accessOfRole(policy, principal.role ?? '');
  return accessOfGroups(policy, groupsOfHuman(policy, human?.email ?? '') ?? []);
}

/** The view of the policy in force: made anew when that changes. */
export function createPolicyViews(current: () => PolicyDocument, surface: ToolSurface): () => PolicyView {
  let view: PolicyView | undefined;
  return () => {
    const document = current();
    if (view?.document !== document) view = new PolicyView(document, surface);
    return view;
  };
}
