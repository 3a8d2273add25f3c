import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

import { type PortName, type Ports, portSettingOf } from './ports.ts';
import { commandOf } from './running-process.ts';
import { StackProblem } from './stack-problem.ts';

/** Refuses with every taken port at once, its setting, and who holds it where the system tells. */
export async function refuseTakenPorts(ports: Ports, wanted: readonly PortName[]): Promise<void> {
  const states = await Promise.all(wanted.map(async (name) => ({ name, code: await tryPort(ports[name]) })));
  const bad = states.filter(({ code }) => code !== undefined);
  if (bad.length === 0) return;
  const lines = bad.map(({ name, code }) => describe(ports[name], portSettingOf(name), code));
  throw new StackProblem(bad.length === 1 ? 'a port cannot be used' : 'some ports cannot be used', lines);
}

function describe(port: number, setting: string, code: string | undefined): string {
  if (code !== 'EADDRINUSE') return `Port ${port} cannot be opened (${code}). Set ${setting} to another one.`;
  const pid = holderOf(port);
  const holder = pid === undefined ? 'another process' : `process ${pid} (${commandOf(pid) ?? 'name unknown'})`;
  return `Port ${port} is taken by ${holder}. Stop it, or set ${setting} to a free port.`;
}

function tryPort(port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  // Somebody who connects in this moment, such as a client of the stack before, must not keep it from closing.
  const server = createServer((socket) => socket.destroy());
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  return promise;
}

/** Linux only: the socket's inode from /proc/net, then the process that has it open. Others' processes are visible to root alone. */
function holderOf(port: number): number | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  return listFolder('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => listFolder(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`))));
}

function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTEN = '0A';
  return readText(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === LISTEN)
    .map((fields) => `socket:[${fields[9]}]`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
