import type { StackPlace } from './local-environment.ts';
import { PEOPLE } from './people.ts';

/** What a person sees when the stack is up: where things are, who can sign in, and a first call to paste. */
export function readyText({
  dataDir,
  ports,
  services,
  seconds,
}: Omit<StackPlace, 'policyFile'> & { services: readonly string[]; seconds: string }): string {
  const at = (port: number, scheme = 'http') => `${scheme}://127.0.0.1:${port}`;
  const endpoints: [string, string][] = [
    ...(services.includes('portal') ? [['portal', at(ports.portal)] as [string, string]] : []),
    ...(services.includes('mcp') ? [['mcp', `${at(ports.mcp)}/mcp`] as [string, string]] : []),
    ...(services.includes('audit-worker') ? [['audit-worker', at(ports.auditWorker)] as [string, string]] : []),
    ...(services.includes('databricks') ? [['Databricks (emulated)', at(ports.databricks)] as [string, string]] : []),
    ['identity providers', at(ports.identityProviders)],
    ['partner API', at(ports.partnerApi, 'https')],
    ['Postgres', `127.0.0.1:${ports.postgres}`],
    ['data and logs', dataDir],
  ];
  const people = PEOPLE.map(({ idp, email, role }) => [email, idp, role ?? 'no role']);
  return [
    `ready in ${seconds} s; Ctrl-C ends it`,
    '',
    ...table(endpoints),
    '',
    ...table([['who can sign in', 'provider', 'role or group'], ...people]),
    '',
    'A first call, as one of them (signs in, exchanges the token, calls the tool):',
    "  npx causeway call query_sales_data '{}' --as wanda@northwind.example",
  ].join('\n');
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
