import { join } from 'node:path';

import { findPasswords, type Passwords } from './passwords.ts';
import type { Ports } from './ports.ts';
import { STATE_DATABASE, WAREHOUSE_DATABASE } from './postgres/databases.ts';
import { StackProblem } from './stack-problem.ts';

/** The settings of the contract, section 1, as they are for one embedded stack. */
export interface LocalEnvironment {
  readonly ADMIN_DATABASE_URL: string;
  readonly DATABASE_URL: string;
  readonly AUDIT_DATABASE_URL: string;
  readonly AUDIT_READ_URL: string;
  readonly JOURNAL_DIR: string;
  readonly AUDIT_HEADS_PATH: string;
  readonly AUDIT_SIGNING_KEY_FILE: string;
  readonly AUDIT_PRODUCER_KEY_FILE: string;
  readonly STATE_DATABASE_URL: string;
  readonly PLATFORM: PlatformName;
  readonly CAUSEWAY_POLICY: string;
  readonly PORTAL_PUBLIC_URL: string;
  readonly PORTAL_KEYS_DIR: string;
  readonly PORTAL_COOKIE_KEY_FILE: string;
  /** The private key of the client `causeway-mcp`. */
  readonly PORTAL_CLIENT_KEY_FILE: string;
  readonly HANDLE_KEY_FILE: string;
  readonly MCP_PUBLIC_URL: string;
  readonly OBO_LISTEN: string;
  readonly OBO_TRUSTED_PROXIES: string;
  readonly OBO_ISSUER: string;
  readonly OBO_AUDIENCE: string;
}

/** What data is governed on. `databricks` is a workspace that is emulated. */
export type PlatformName = 'postgres' | 'databricks';

export interface StackPlace {
  readonly dataDir: string;
  readonly ports: Ports;
  readonly policyFile: string;
  /** Without it: Postgres. */
  readonly platform?: PlatformName;
}

export function localEnvironment(place: StackPlace, passwords: Passwords): LocalEnvironment {
  const { dataDir, ports, policyFile, platform = 'postgres' } = place;
  const url = (role: keyof Passwords, database: string) =>
    `postgresql://${role}:${passwords[role]}@127.0.0.1:${ports.postgres}/${database}`;
  return {
    ADMIN_DATABASE_URL: url('postgres', WAREHOUSE_DATABASE),
    DATABASE_URL: url('causeway_gateway', WAREHOUSE_DATABASE),
    AUDIT_DATABASE_URL: url('causeway_audit_worker', WAREHOUSE_DATABASE),
    AUDIT_READ_URL: url('causeway_audit_reader', WAREHOUSE_DATABASE),
    JOURNAL_DIR: join(dataDir, 'journal'),
    AUDIT_HEADS_PATH: join(dataDir, 'audit', 'heads.jsonl'),
    AUDIT_SIGNING_KEY_FILE: join(dataDir, 'audit', 'signing-key.pem'),
    AUDIT_PRODUCER_KEY_FILE: join(dataDir, 'audit', 'producer-key'),
    STATE_DATABASE_URL: url('causeway_state', STATE_DATABASE),
    PLATFORM: platform,
    CAUSEWAY_POLICY: policyFile,
    PORTAL_PUBLIC_URL: `http://127.0.0.1:${ports.portal}`,
    PORTAL_KEYS_DIR: join(dataDir, 'portal'),
    PORTAL_COOKIE_KEY_FILE: join(dataDir, 'portal', 'cookie-key'),
    PORTAL_CLIENT_KEY_FILE: join(dataDir, 'clients', 'causeway-mcp.key.json'),
    HANDLE_KEY_FILE: join(dataDir, 'mcp', 'handle-key'),
    MCP_PUBLIC_URL: `http://127.0.0.1:${ports.mcp}`,
    OBO_LISTEN: `127.0.0.1:${ports.obo}`,
    OBO_TRUSTED_PROXIES: '127.0.0.1/32',
    OBO_ISSUER: `http://127.0.0.1:${ports.identityProviders}/workspace`,
    OBO_AUDIENCE: 'causeway-workspace',
  };
}

/** For the command line beside a running stack. */
export function readLocalEnvironment(place: StackPlace): LocalEnvironment {
  const passwords = findPasswords(place.dataDir);
  if (passwords === undefined) {
    throw new StackProblem(`${join(place.dataDir, 'passwords.json')} is not there`, [
      'Start the stack once with `npm start`.',
    ]);
  }
  return localEnvironment(place, passwords);
}
