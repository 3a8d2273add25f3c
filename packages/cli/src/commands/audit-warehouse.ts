import {
  deltaTrailRows,
  postgresTrailRows,
  retain,
  retainDelta,
  type RetainReport,
  type SqlStatements,
  type TrailRows,
  withReader,
} from '@causeway/audit';
import { AppError } from '@causeway/core';
import { machineWorkspaceProblems, openAuditWorkspace, workspaceVariables } from '@causeway/platform';
import { oneOf, optional, secret, type SettingProblem, type Settings, text } from '@causeway/runtime';
import { AUDIT_SETTINGS } from './audit-settings.ts';

/** Where the trail is kept: a Postgres, or, where none is named, the workspace that the worker writes to. */
export const WAREHOUSE_SETTINGS = {
  readUrl: optional(AUDIT_SETTINGS.readUrl),
  adminUrl: optional(AUDIT_SETTINGS.adminUrl),
  platform: oneOf('PLATFORM', ['postgres', 'databricks'], {
    description: 'Where the trail is kept.',
    default: 'postgres',
  }),
  ...workspaceVariables('whoever reads the trail needs CAN USE on it'),
  databricksClientId: optional(text('DATABRICKS_CLIENT_ID', { description: 'Who reads the trail, or owns it.' })),
  databricksClientSecret: optional(
    secret('DATABRICKS_CLIENT_SECRET', { description: 'The OAuth secret of that principal.' }),
  ),
};

type WarehouseSettings = Settings<typeof WAREHOUSE_SETTINGS>;
type Retention = Omit<Parameters<typeof retain>[0], 'client'>;

const isDelta = ({ platform, readUrl }: Partial<WarehouseSettings>) =>
  platform === 'databricks' && readUrl === undefined;

export function warehouseProblems(settings: Partial<WarehouseSettings>, needsAdmin: boolean): SettingProblem[] {
  if (isDelta(settings)) return machineWorkspaceProblems(settings);
  const needed = [
    ['AUDIT_READ_URL', 'readUrl'],
    ...(needsAdmin ? [['ADMIN_DATABASE_URL', 'adminUrl'] as const] : []),
  ] as const;
  // What was set and wrong is not among the settings, and has been reported by its own name.
  return needed.flatMap(([variable, key]) =>
    key in settings && settings[key] === undefined ? [{ variable, problem: 'is not set' }] : [],
  );
}

/** The stored trail, for the time of `work`. */
export function withTrail<T>(settings: WarehouseSettings, work: (trail: TrailRows) => Promise<T>): Promise<T> {
  if (!isDelta(settings)) {
    return withReader(present(settings.readUrl).reveal(), (client) => work(postgresTrailRows(client)));
  }
  return withStatements(settings, (statements, base) => work(deltaTrailRows(statements, base)));
}

/** As who may take rows away. */
export function retainIn(settings: WarehouseSettings, retention: Retention): Promise<RetainReport> {
  if (!isDelta(settings)) {
    return withReader(present(settings.adminUrl).reveal(), (client) => retain({ client, ...retention }));
  }
  return withStatements(settings, (statements, base) => retainDelta({ statements, base, ...retention }));
}

async function withStatements<T>(
  settings: WarehouseSettings,
  work: (statements: SqlStatements, base: string) => Promise<T>,
): Promise<T> {
  const { statements, base } = openAuditWorkspace('causeway-cli', settings);
  try {
    return await work(statements, base);
  } finally {
    await statements.close();
  }
}

/** The settings are whole: that was checked when they were read. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new AppError('config_invalid', 'a setting of the warehouse is missing');
  return value;
}
