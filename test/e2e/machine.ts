import { readdirSync, readFileSync } from 'node:fs';

/** The command lines of the processes of this machine that name the folder: what a stack left behind, or runs now. */
export function processesNaming(folder: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.map(commandLine).filter((line) => line.includes(folder));
}

/** The local addresses on which somebody listens at the port, as the kernel writes them: `0100007F` is 127.0.0.1. */
export function listeningAddresses(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8').trim().split('\n').slice(1),
  );
  const sockets = rows.map((row) => row.trim().split(/\s+/));
  // Column 3 is the state: 0A means listening.
  return sockets.flatMap(([, local = '', , state]) =>
    state === '0A' && local.endsWith(suffix) ? [local.slice(0, -5)] : [],
  );
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // It ended meanwhile.
  }
}
