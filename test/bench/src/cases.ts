import * as audit from './cases/audit.ts';
import * as auditOutage from './cases/audit-outage.ts';
import * as auditStore from './cases/audit-store.ts';
import * as governedSql from './cases/governed-sql.ts';
import * as http from './cases/http.ts';
import * as jsonRpc from './cases/json-rpc.ts';
import * as checkIdentity from './cases/mcp-check-identity.ts';
import * as querySalesData from './cases/mcp-query-sales-data.ts';
import * as portal from './cases/portal.ts';
import * as telemetry from './cases/mcp-telemetry.ts';
import * as verification from './cases/verification.ts';
import type { CaseModule } from './run-case.ts';

/** Every case of `pnpm bench`. */
export const CASES: readonly CaseModule[] = [
  { benchCase: http.benchCase, module: new URL('cases/http.ts', import.meta.url) },
  { benchCase: jsonRpc.benchCase, module: new URL('cases/json-rpc.ts', import.meta.url) },
  { benchCase: governedSql.benchCase, module: new URL('cases/governed-sql.ts', import.meta.url) },
  { benchCase: checkIdentity.benchCase, module: new URL('cases/mcp-check-identity.ts', import.meta.url) },
  { benchCase: querySalesData.benchCase, module: new URL('cases/mcp-query-sales-data.ts', import.meta.url) },
  { benchCase: telemetry.benchCase, module: new URL('cases/mcp-telemetry.ts', import.meta.url) },
  { benchCase: portal.benchCase, module: new URL('cases/portal.ts', import.meta.url) },
  { benchCase: verification.benchCase, module: new URL('cases/verification.ts', import.meta.url) },
  { benchCase: audit.benchCase, module: new URL('cases/audit.ts', import.meta.url) },
  { benchCase: auditOutage.benchCase, module: new URL('cases/audit-outage.ts', import.meta.url) },
  { benchCase: auditStore.benchCase, module: new URL('cases/audit-store.ts', import.meta.url) },
];
