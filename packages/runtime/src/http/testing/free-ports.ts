import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

// Below 32768, where Linux begins to give ports to connections: one of those would take the port before its server does.
const FIRST = 12_000;
const END = 32_000;
/** Whoever was given one may not listen yet. */
const given = new Set<number>();

/** Ports of 127.0.0.1 that nobody listens on now, and that this process was not given before. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(FIRST, END);
    const server = given.has(port) ? undefined : await hold(port);
    if (server === undefined) continue;
    given.add(port);
    held.set(port, server);
    if (given.size > (END - FIRST) / 2) given.clear();
  }
  await Promise.all([...held.values()].map((server) => once(server.close(), 'close')));
  return [...held.keys()];
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
