import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createSocketServer, type AddressInfo, type Socket } from 'node:net';

export interface LocalServer extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
}

export async function serveHttp(
  listener: RequestListener,
  address?: { host: string; port: number },
): Promise<LocalServer> {
  return listen(createServer(listener), address);
}

export async function serveHttps(tls: { key: string; cert: string }, listener: RequestListener): Promise<LocalServer> {
  return listen(createSecureServer(tls, listener));
}

/** For answers that no HTTP server would give. */
export async function serveSocket(listener: (socket: Socket) => void): Promise<LocalServer> {
  return listen(createSocketServer(listener));
}

async function listen(
  server: Server | ReturnType<typeof createSocketServer>,
  { host, port } = { host: '127.0.0.1', port: 0 },
): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    // A client that hangs up in the middle of an answer is what many tests are about.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
