import { readFile } from 'node:fs/promises';
import { type PolicyDocument, resolvePolicyFile } from '@causeway/policy';
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

/** The connections of the catalog: host and credential are theirs, and USE CONNECTION is the engine's grant. */
export class OutsideApis {
  readonly #engine: Engine;
  readonly #policy: () => PolicyDocument;

  constructor(engine: Engine, policy: () => PolicyDocument) {
    this.#engine = engine;
    this.#policy = policy;
  }

  async checkGrant(name: string, principal: Principal): Promise<void> {
    const { connections } = this.#policy().policy;
    if (!Object.hasOwn(connections, name)) {
      throw new ApiError(404, 'CONNECTION_DOES_NOT_EXIST', `Connection '${name}' does not exist.`);
    }
    const question = { text: `SELECT has_server_privilege($1, 'USAGE')`, values: [name] };
    if (await isGranted(this.#engine, principal, question)) return;
    throw new ApiError(403, 'PERMISSION_DENIED', `User does not have USE CONNECTION on Connection '${name}'.`);
  }

  async send(name: string, asked: OutsideRequest): Promise<OutsideAnswer> {
    const document = this.#policy();
    const connection = document.policy.connections[name];
    if (connection === undefined) throw new Error(`the connection ${name} is gone`);
    const { baseUrl, caFile, credentialFile } = connection;
    const read = async (file: string | undefined) =>
      file === undefined ? undefined : readFile(resolvePolicyFile(document, file), 'utf8');
    const [ca, credential] = [await read(caFile), await read(credentialFile)];
    const dispatcher = new Agent({ connect: { ca } });
    try {
      const { statusCode, headers, body } = await request(`${baseUrl.replace(/\/$/, '')}${asked.path}${asked.search}`, {
        dispatcher,
        method: asked.method as 'GET',
        headers: { ...asked.headers, ...(credential && { authorization: `Bearer ${credential.trim()}` }) },
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
