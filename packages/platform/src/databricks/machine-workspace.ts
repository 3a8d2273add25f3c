import { AppError, type Secret } from '@causeway/core';
import { databricksIdentifier } from '@causeway/policy';
import { isLoopbackHost, LOOPBACK_NETWORK, type NetworkRule, type SettingProblem } from '@causeway/runtime';
import { type MachineSql, openMachineSql } from './machine-sql.ts';

/** A workspace and a service principal of our own in it, as settings name them. */
export interface MachineWorkspace {
  readonly databricksHost: string | undefined;
  readonly databricksNetwork: NetworkRule | undefined;
  readonly databricksWarehouseId: string | undefined;
  readonly databricksCatalog: string;
  readonly databricksClientId: string | undefined;
  readonly databricksClientSecret: Secret | undefined;
}

const NEEDED = {
  DATABRICKS_HOST: 'databricksHost',
  DATABRICKS_WAREHOUSE_ID: 'databricksWarehouseId',
  DATABRICKS_CLIENT_ID: 'databricksClientId',
  DATABRICKS_CLIENT_SECRET: 'databricksClientSecret',
} as const;

/** What is not set. What was set and wrong is not among the settings, and has been reported by its own name. */
export function machineWorkspaceProblems(settings: Partial<MachineWorkspace>): SettingProblem[] {
  return Object.entries(NEEDED).flatMap(([variable, key]) =>
    key in settings && settings[key] === undefined ? [{ variable, problem: 'is not set' }] : [],
  );
}

/** The audit trail in such a workspace. The settings are whole: that was checked when they were read. */
export function openAuditWorkspace(
  name: string,
  settings: MachineWorkspace,
): { readonly statements: MachineSql; readonly base: string } {
  const host = new URL(present(settings.databricksHost));
  const statements = openMachineSql({
    name,
    host: host.origin,
    network: settings.databricksNetwork ?? (isLoopbackHost(host.hostname) ? LOOPBACK_NETWORK : 'public'),
    warehouseId: present(settings.databricksWarehouseId),
    clientId: present(settings.databricksClientId),
    clientSecret: present(settings.databricksClientSecret),
  });
  return { statements, base: [settings.databricksCatalog, 'audit_base'].map(databricksIdentifier).join('.') };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new AppError('config_invalid', 'a setting of the workspace is missing');
  return value;
}
