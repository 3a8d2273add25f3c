import { humanRole } from '@causeway/policy';
import type { OutsideApis } from '../connections/outside-apis.ts';
import type { Principal } from '../oauth/principal.ts';
import { type QueryTags, settingsOf } from './attribution.ts';
import type { Engine } from './engine.ts';
import { callOutside } from './http-request.ts';
import type { MachineEngine } from './machine-engine.ts';
import { type Parameter, valuesOf } from './parameters.ts';
import { withPolicyDigest } from './policy-digest.ts';
import type { ResultTable } from './result-types.ts';
import { Statement } from './statement.ts';
import { DeniedStatement, UnboundMarker } from './statement-error.ts';
import { translate } from './translate.ts';

export interface StatementRequest {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  readonly rowLimit?: number | undefined;
  readonly byteLimit?: number | undefined;
  readonly tags: QueryTags;
  readonly neverEnds?: boolean;
}

export interface WarehouseOptions {
  readonly engine: Engine;
  /** What `http_request()` reaches. */
  readonly outside: OutsideApis;
  /** For the one principal that writes. */
  readonly machine?: MachineEngine | undefined;
  readonly catalog: string;
  readonly chunkBytes?: number;
}

/** A line of the query history: who ran what, and what it was tagged with. */
export interface HistoryEntry {
  readonly principal: string;
  readonly text: string;
  readonly tags: Readonly<Record<string, string>>;
}

const KEPT_MAX = 1000;
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Runs statements as their principals and keeps their results for a while. */
export class Warehouse {
  readonly statements = new Map<string, Statement>();
  readonly history: HistoryEntry[] = [];
  readonly #options: WarehouseOptions;

  constructor(options: WarehouseOptions) {
    this.#options = options;
  }

  submit(principal: Principal, request: StatementRequest): Statement {
    const values = valuesOf(request.parameters);
    this.#note(principal, request);
    const limits = { ...request, chunkBytes: this.#options.chunkBytes ?? CHUNK_BYTES };
    return this.keep(
      new Statement(principal.name, limits, (signal) =>
        request.neverEnds === true ? untilAborted(signal) : this.#run({ principal, request, values }, signal),
      ),
    );
  }

  /** For a result that comes from somewhere else, such as Genie's. */
  keep(statement: Statement): Statement {
    if (this.statements.size >= KEPT_MAX) {
      const [oldest] = this.statements.keys();
      this.statements.delete(oldest ?? '');
    }
    this.statements.set(statement.id, statement);
    return statement;
  }

  async #run({ principal, request, values }: Running, signal: AbortSignal): Promise<ResultTable> {
    const { engine, outside, machine } = this.#options;
    if (machine?.application === principal.name) return machine.run(request.text, values);
    const role = roleOf(principal);
    const called = await callOutside(outside, principal, { text: request.text, values });
    const statement = await withPolicyDigest(engine, called);
    const { text, markers } = translate(statement.text, this.#options);
    const bound = markers.map((name) => {
      const value = statement.values.get(name);
      if (value === undefined) throw new UnboundMarker(name);
      return value;
    });
    const settings = settingsOf(principal.name, request.tags);
    return engine.run({ role, text, values: bound, settings }, signal);
  }

  #note({ name }: Principal, { text, tags }: StatementRequest): void {
    if (this.history.length >= KEPT_MAX) this.history.shift();
    this.history.push({ principal: name, text, tags: Object.fromEntries(tags) });
  }
}

interface Running {
  readonly principal: Principal;
  readonly request: StatementRequest;
  readonly values: ReadonlyMap<string, string | null>;
}

/** The engine's role of a principal. Whoever has none is told what Unity Catalog says to people without any grant. */
export function roleOf({ caller }: Principal): string {
  if (caller === undefined) throw new DeniedStatement('User does not have USE CATALOG on Catalog.');
  return caller.pattern === 'obo' ? humanRole(caller.principal.id) : caller.principal.id;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true });
  });
}
