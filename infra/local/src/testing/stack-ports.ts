import { freePorts } from '@causeway/runtime/testing/free-ports';
import { PORT_NAMES, type Ports, portSettingOf } from '../ports.ts';

/** Ports for one embedded stack that nobody listens on now. */
export async function freeStackPorts(): Promise<Ports> {
  const ports = await freePorts(PORT_NAMES.length);
  return Object.fromEntries(PORT_NAMES.map((name, at) => [name, ports[at]])) as Record<keyof Ports, number>;
}

/** The settings that say so. */
export function portVariables(ports: Ports): Record<string, string> {
  return Object.fromEntries(PORT_NAMES.map((name) => [portSettingOf(name), String(ports[name])]));
}
