import { Agent, request } from 'undici';
import { ApiError } from '../http/answer.ts';
import type { Principal } from '../oauth/principal.ts';
import { isGranted } from '../sql/ask-engine.ts';
import type { Engine } from '../sql/engine.ts';

export interface OutsideRequest {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A connection as the catalog keeps it. */
interface RegisteredConnection {
  readonly baseUrl: string;
  readonly ca?: string | undefined;
  readonly credential?: string | undefined;
}

export type FindConnection = (name: string) => Promise<RegisteredConnection | undefined>;

/** The connections of the catalog: host and credential are theirs, and USE CONNECTION is the engine's grant. */
export class OutsideApis {
  readonly #engine: Engine;
  readonly #find: FindConnection;

  constructor(engine: Engine, find: FindConnection) {
    this.#engine = engine;
    this.#find = find;
  }

  async checkGrant(name: string, principal: Principal): Promise<void> {
    if ((await this.#find(name)) === undefined) {
      throw new ApiError(404, 'CONNECTION_DOES_NOT_EXIST', `Connection '${name}' does not exist.`);
    }
    const question = { text: `SELECT has_server_privilege($1, 'USAGE')`, values: [name] };
    if (await isGranted(this.#engine, principal, question)) return;
    throw new ApiError(403, 'PERMISSION_DENIED', `User does not have USE CONNECTION on Connection '${name}'.`);
  }

  async send(name: string, asked: OutsideRequest): Promise<OutsideAnswer> {
    const connection = await this.#find(name);
    if (connection === undefined) throw new Error(`the connection ${name} is gone`);
    const { baseUrl, ca, credential } = connection;
    const dispatcher = new Agent({ connect: { ca } });
    try {
      const { statusCode, headers, body } = await request(`${baseUrl.replace(/\/$/, '')}${asked.path}${asked.search}`, {
        dispatcher,
        method: asked.method as 'GET',
        headers: { ...asked.headers, ...(credential && { authorization: `Bearer ${credential}` }) },
        ...(asked.body && { body: asked.body }),
      });
      const type = headers['content-type'];
      return {
        status: statusCode,
        contentType: typeof type === 'string' ? type : 'application/octet-stream',
        body: Buffer.from(await body.arrayBuffer()),
      };
    } finally {
      await dispatcher.close();
    }
  }
}
