import { AppError } from '@causeway/core';
import { type PolicyDocument, resolvePolicyFile } from '@causeway/policy';
import { createDependency, type Dependency, requestJson } from '@causeway/runtime';
import { z } from 'zod';
import type { ClientFiles } from './client-files.ts';
import { clientDescription, describedClient, redirectProblem } from './described-client.ts';
import type { FindClient, RegisteredClient } from './policy-clients.ts';

export interface MetadataClientsDeps {
  readonly document: () => PolicyDocument;
  readonly files: ClientFiles;
  readonly now: () => number;
  /** Each document that was refused, for the log. */
  readonly report: (error: unknown) => void;
  /** Tests give one of their own. */
  readonly openDependency?: typeof createDependency;
}

interface Known {
  readonly client: Promise<RegisteredClient | undefined>;
  readonly until: number;
}

const GOOD_MS = 5 * 60_000;
/** Short, so that a client that mends its document is not shut out; long enough that nobody makes us fetch in a loop. */
const BAD_MS = 30_000;
const KNOWN_MAX = 500;
const BYTES_MAX = 64 * 1024;
const DEADLINE_MS = 5000;

const metadataDocument = clientDescription.extend({
  client_id: z.string(),
  // MCP authorization: the three that must be there.
  client_name: clientDescription.shape.client_name.unwrap(),
});

/** Clients whose id is the address of a document that describes them (client ID metadata documents). */
export class MetadataClients {
  readonly #deps: MetadataClientsDeps;
  readonly #known = new Map<string, Known>();
  #dependency: { readonly key: string; readonly open: Dependency } | undefined;

  constructor(deps: MetadataClientsDeps) {
    this.#deps = deps;
  }

  readonly find: FindClient = async (id) => {
    const document = this.#deps.document();
    const url = metadataUrl(id);
    if (url === undefined) return undefined;
    const { metadataPins: pins, metadataHosts: hosts } = document.policy.registration;
    const pin = Object.hasOwn(pins, id) ? pins[id] : undefined;
    if (pin !== undefined) return this.#guarded(() => this.#readPin(id, resolvePolicyFile(document, pin)));
    if (!hosts.includes(url.hostname)) return undefined;
    return this.#remembered(id, () => this.#guarded(() => this.#fetch(id, url)));
  };

  async close(): Promise<void> {
    await this.#dependency?.open.close();
  }

  #remembered(id: string, load: () => Promise<RegisteredClient | undefined>): Promise<RegisteredClient | undefined> {
    const { now } = this.#deps;
    const known = this.#known.get(id);
    if (known !== undefined && now() < known.until) return known.client;
    if (this.#known.size >= KNOWN_MAX) this.#known.delete(this.#known.keys().next().value ?? '');
    const client = load();
    this.#known.set(id, { client, until: now() + DEADLINE_MS * 2 });
    void this.#keep(id, client);
    return client;
  }

  async #keep(id: string, client: Known['client']): Promise<void> {
    const keptMs = (await client) === undefined ? BAD_MS : GOOD_MS;
    this.#known.set(id, { client, until: this.#deps.now() + keptMs });
  }

  /** A document that cannot be had, or is no good, is no client; why is for the log. */
  async #guarded(load: () => Promise<RegisteredClient>): Promise<RegisteredClient | undefined> {
    try {
      return await load();
    } catch (error) {
      this.#deps.report(error);
      return undefined;
    }
  }

  async #readPin(id: string, path: string): Promise<RegisteredClient> {
    return clientOf(id, metadataDocument.parse(JSON.parse(await this.#deps.files.read(path))));
  }

  async #fetch(id: string, url: URL): Promise<RegisteredClient> {
    // No redirect is followed, the address is checked and pinned, and the size is bounded: the dependency sees to that.
    const call = { url, deadlineMs: DEADLINE_MS, bodyMaxBytes: BYTES_MAX };
    return clientOf(id, await requestJson(this.#open(), call, metadataDocument));
  }

  /** Nothing is waited for: who comes at the same time gets the same one. The calls of the one before end by themselves. */
  #open(): Dependency {
    const { network } = this.#deps.document().policy.registration;
    const key = JSON.stringify(network);
    if (this.#dependency?.key === key) return this.#dependency.open;
    const { openDependency = createDependency } = this.#deps;
    const open = openDependency({ name: 'client metadata', network });
    void this.#dependency?.open.close();
    this.#dependency = { key, open };
    return open;
  }
}

/** The draft's §2: https, a path, no dot segments, no fragment, no credentials; and written as a browser would write it. */
function metadataUrl(id: string): URL | undefined {
  const url = id.length <= 1000 && id.startsWith('https://') ? URL.parse(id) : null;
  if (url === null || url.href !== id || url.pathname === '/') return undefined;
  // The policy allows hosts; what listens on their other ports is no business of ours.
  const extras = [url.hash, url.search, url.port, url.username, url.password];
  return extras.every((part) => part === '') ? url : undefined;
}

function clientOf(id: string, document: z.infer<typeof metadataDocument>): RegisteredClient {
  const refuse = (why: string) => new AppError('upstream_rejected', `client metadata of ${id}: ${why}`);
  // The draft's §4.1: a document speaks for its own address only.
  if (document.client_id !== id) throw refuse('it is of another client');
  const { token_endpoint_auth_method: method = 'none' } = document;
  // A document is public, so there is no secret in it, and of keys it would have to be asked anew each time.
  if (method !== 'none') throw refuse(`it authenticates by ${method}`);
  const problem = document.redirect_uris.map(redirectProblem).find((one) => one !== undefined);
  if (problem !== undefined) throw refuse(`a redirect ${problem}`);
  return describedClient(id, document, { token_endpoint_auth_method: 'none' });
}
