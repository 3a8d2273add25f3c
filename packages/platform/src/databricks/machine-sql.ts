import { AppError, type Secret } from '@causeway/core';
import { createDependency, type NetworkRule } from '@causeway/runtime';
import { createWorkspaceCalls } from './http/workspace-client.ts';
import { createMachineTokens } from './oauth/machine-tokens.ts';
import { TokenEndpoint } from './oauth/token-endpoint.ts';
import { StatementRunner } from './sql/statement-runner.ts';

export interface MachineSqlOptions {
  /** As it appears in logs, health and query history. */
  readonly name: string;
  /** Origin of the workspace. */
  readonly host: string;
  readonly network: NetworkRule;
  readonly caFile?: string | undefined;
  readonly warehouseId: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** SQL as a machine's own service principal: for the audit trail, and for no caller. */
export interface MachineSql {
  run(statement: MachineStatement): Promise<readonly Readonly<Record<string, string | null>>[]>;
  /** Whether the workspace answers and takes the credential. The warehouse is left asleep: looking after it would cost more than its work. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

interface MachineStatement {
  readonly name: string;
  /** With markers such as `:chain`. Running it twice does no harm. */
  readonly text: string;
  readonly values: Readonly<Record<string, string | number>>;
}

const SCOPE = 'sql';
/** A warehouse of the classic kind takes minutes to wake up. */
const STATEMENT_MS = 300_000;
const PING_MS = 10_000;
const ROWS_MAX = 100_000;
/** Below what the API aborts a statement for. */
const BYTES_MAX = 20 * 1024 * 1024;

export function openMachineSql(options: MachineSqlOptions): MachineSql {
  const { name, host, network, caFile, warehouseId, clientId, clientSecret } = options;
  const dependency = createDependency({ name, network, caFile });
  const endpoint = new TokenEndpoint({ dependency, host });
  const tokens = createMachineTokens({ dependency, endpoint, clientId, clientSecret });
  const calls = createWorkspaceCalls({ dependency, host }, tokens);
  const runner = new StatementRunner({ calls, warehouseId, scope: SCOPE });
  return {
    async run({ name: statement, text, values }) {
      const { columns, rows, truncated } = await runner.run({
        name: statement,
        text,
        parameters: Object.entries(values).map(([key, value]) => ({
          name: key,
          type: typeof value === 'number' ? 'BIGINT' : 'STRING',
          value: String(value),
        })),
        tags: [{ key: 'service', value: name }],
        rowLimit: ROWS_MAX,
        byteLimit: BYTES_MAX,
        signal: AbortSignal.timeout(STATEMENT_MS),
        repeatable: true,
      });
      if (truncated) throw new AppError('upstream_rejected', `statement ${statement}: the answer was cut`);
      return rows.map((cells) => Object.fromEntries(columns.map((column, at) => [column.name, cells[at] ?? null])));
    },
    ping: async () => void (await tokens.token(SCOPE, AbortSignal.timeout(PING_MS))),
    close: () => dependency.close(),
  };
}
