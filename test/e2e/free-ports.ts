import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const NAMES = ['PORTAL', 'MCP', 'AUDIT_WORKER', 'OBO', 'IDP', 'PARTNER_API', 'DATABRICKS', 'POSTGRES'] as const;

export type StackPorts = Readonly<Record<(typeof NAMES)[number], number>>;

/** Ports for one embedded stack that nobody listens on now. */
export async function freePorts(): Promise<StackPorts> {
  const servers = NAMES.map(() => createServer((socket) => socket.destroy()).listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(NAMES.map((name, index) => [name, ports[index]])) as unknown as StackPorts;
}

export function portVariables(ports: StackPorts): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [`CAUSEWAY_PORT_${name}`, String(port)]));
}
