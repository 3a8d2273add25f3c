import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The command lines of the processes of this machine that name the folder: what a stack left behind, or runs now. */
export function processesNaming(folder: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.map(commandLine).filter((line) => line.includes(folder));
}

/** The environments, as the kernel keeps them, of the processes that run the file and were told of the folder. */
export function environmentsOf(file: string, folder: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const running = pids.filter((pid) => commandLine(pid).includes(file));
  return running.map((pid) => read(`/proc/${pid}/environ`)).filter((text) => text.includes(folder));
}

/** The local addresses on which somebody listens at the port, as the kernel writes them: `0100007F` is 127.0.0.1. */
export function listeningAddresses(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return listeningSockets().flatMap(({ local }) => (local.endsWith(suffix) ? [local.slice(0, -5)] : []));
}

/** Where this process listens, from the lowest port on. */
export function listeningPorts(pid: number): number[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  const own = listeningSockets().filter(({ inode }) => links.includes(`socket:[${inode}]`));
  return own.map(({ local }) => Number.parseInt(local.split(':')[1] ?? '', 16)).toSorted((a, b) => a - b);
}

function listeningSockets(): { readonly local: string; readonly inode: string }[] {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8').trim().split('\n').slice(1),
  );
  const sockets = rows.map((row) => row.trim().split(/\s+/));
  // Column 3 is the state: 0A means listening.
  return sockets.flatMap(({ 1: local = '', 3: state, 9: inode = '' }) => (state === '0A' ? [{ local, inode }] : []));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // It was closed meanwhile.
  }
}

function commandLine(pid: string): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended meanwhile.
  }
}
