import { AppError } from '@causeway/core';
import { type Dependency, requestJson } from '@causeway/runtime';
import { z } from 'zod';

export interface TokenEndpointOptions {
  readonly dependency: Dependency;
  /** Origin of the workspace. */
  readonly host: string;
}

const hostMetadata = z.object({ oidc_endpoint: z.url().nullish(), account_id: z.string().nullish() });
const serverMetadata = z.object({ token_endpoint: z.url() });

/** Where the workspace gives tokens out: what its own discovery says, found once. */
export class TokenEndpoint {
  readonly #options: TokenEndpointOptions;
  #found: Promise<string> | undefined;

  constructor(options: TokenEndpointOptions) {
    this.#options = options;
  }

  /** One search for everybody who asks meanwhile; a failed one is forgotten. */
  url(): Promise<string> {
    const found = (this.#found ??= this.#discover());
    found.catch(() => {
      if (this.#found === found) this.#found = undefined;
    });
    return found;
  }

  /** Whether the workspace answers at all. Needs no identity. */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.#metadata(`${this.#options.host}/oidc`, signal);
  }

  async #discover(): Promise<string> {
    const { token_endpoint: url } = await this.#metadata(await this.#oidcEndpoint());
    return this.#own(url);
  }

  /** Newer workspaces name it; on the others it has a fixed place (databricks-sdk-py, `get_workspace_endpoints`). */
  async #oidcEndpoint(): Promise<string> {
    const { dependency, host } = this.#options;
    try {
      const found = await requestJson(dependency, { url: `${host}/.well-known/databricks-config` }, hostMetadata);
      const endpoint = found.oidc_endpoint?.replace('{account_id}', found.account_id ?? '');
      return this.#own(endpoint ?? `${host}/oidc`).replace(/\/$/, '');
    } catch (error) {
      if (error instanceof AppError && NOT_THERE.has(error.code)) return `${host}/oidc`;
      throw error;
    }
  }

  #metadata(oidc: string, signal?: AbortSignal): Promise<z.output<typeof serverMetadata>> {
    const url = `${oidc}/.well-known/oauth-authorization-server`;
    return requestJson(this.#options.dependency, { url, ...(signal && { signal }) }, serverMetadata);
  }

  /** RFC 8414 §6.2: the portal's word for a principal is not sent to a place that only a document names. */
  #own(url: string): string {
    if (new URL(url).origin === this.#options.host) return url;
    throw new ForeignEndpoint();
  }
}

class ForeignEndpoint extends AppError {
  constructor() {
    super('exchange_denied', 'the discovery of the workspace names an endpoint on another host');
  }
}

/** A 4xx, or a page of some other kind. */
const NOT_THERE = new Set(['upstream_rejected', 'upstream_unavailable']);
