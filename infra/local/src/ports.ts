import { StackProblem } from './stack-problem.ts';

/** Everything of the embedded stack that listens: the setting of its port and the default of the contract. */
const SETTINGS = {
  portal: ['CAUSEWAY_PORT_PORTAL', 8700],
  mcp: ['CAUSEWAY_PORT_MCP', 8701],
  auditWorker: ['CAUSEWAY_PORT_AUDIT_WORKER', 8702],
  obo: ['CAUSEWAY_PORT_OBO', 8703],
  identityProviders: ['CAUSEWAY_PORT_IDP', 8710],
  partnerApi: ['CAUSEWAY_PORT_PARTNER_API', 8711],
  /** The emulated workspace, when it is the platform. */
  databricks: ['CAUSEWAY_PORT_DATABRICKS', 8712],
  postgres: ['CAUSEWAY_PORT_POSTGRES', 8715],
} as const satisfies Record<string, readonly [string, number]>;

export type PortName = keyof typeof SETTINGS;
export type Ports = Readonly<Record<PortName, number>>;

export const PORT_NAMES = Object.keys(SETTINGS) as readonly PortName[];

export function portSettingOf(name: PortName): string {
  return SETTINGS[name][0];
}

export function readPorts(env: Readonly<Record<string, string | undefined>>): Ports {
  const problems: string[] = [];
  const entries = PORT_NAMES.map((name): [PortName, number] => {
    const [setting, standard] = SETTINGS[name];
    const text = env[setting];
    if (text === undefined || text === '') return [name, standard];
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65_535) problems.push(`${setting} must be a port, 1 to 65535.`);
    return [name, port];
  });
  const used = new Map<number, PortName>();
  for (const [name, port] of entries) {
    const other = used.get(port);
    if (other !== undefined && port !== 0) {
      problems.push(`${portSettingOf(other)} and ${portSettingOf(name)} are both ${port}.`);
    }
    used.set(port, name);
  }
  if (problems.length > 0) throw new StackProblem('the port settings are wrong', problems);
  return Object.fromEntries(entries) as Ports;
}
