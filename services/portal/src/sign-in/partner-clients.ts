import { readFile } from 'node:fs/promises';
import { AppError } from '@causeway/core';
import { type PolicyDocument, type Provider, resolvePolicyFile } from '@causeway/policy';
import { createDependency, createFetch, type Dependency } from '@causeway/runtime';
import * as client from 'openid-client';

/** The portal as a client of one provider. */
export interface PartnerClient {
  readonly provider: Provider;
  readonly configuration: client.Configuration;
  readonly redirectUri: string;
}

interface Open {
  readonly key: string;
  readonly dependency: Dependency;
  readonly opened: Promise<client.Configuration>;
}

const DEADLINE_MS = 10_000;

/** Each provider's discovery document is fetched once, and again after a change of the policy or a failure. */
export class PartnerClients {
  readonly #portalUrl: string;
  readonly #openDependency: typeof createDependency;
  readonly #open = new Map<string, Open>();

  /** Tests give dependencies of their own. */
  constructor(portalUrl: string, openDependency = createDependency) {
    this.#portalUrl = portalUrl;
    this.#openDependency = openDependency;
  }

  /** Undefined when there is no such provider, or people cannot sign in there by browser. */
  async find(document: PolicyDocument, id: string): Promise<PartnerClient | undefined> {
    const provider = document.policy.providers.find((one) => one.id === id);
    if (provider?.client === undefined) return undefined;
    const configuration = await this.#configurationOf(document, provider, provider.client);
    return { provider, configuration, redirectUri: `${this.#portalUrl}/auth/${id}/callback` };
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ dependency }) => dependency.close()));
  }

  async #configurationOf(document: PolicyDocument, provider: Provider, own: NonNullable<Provider['client']>) {
    const { id, issuer, network, caFile } = provider;
    const secret = (await readFile(resolvePolicyFile(document, own.secretFile), 'utf8')).trim();
    const key = JSON.stringify([issuer, network, caFile, own.id, secret]);
    const known = this.#open.get(id);
    if (known?.key === key) return known.opened;
    // Nothing is waited for until the new one is in its place: who comes at the same time must find it there.
    const ca = caFile === undefined ? undefined : resolvePolicyFile(document, caFile);
    const dependency = this.#openDependency({ name: `sign-in at ${id}`, network, caFile: ca });
    const opened = discover({ issuer, clientId: own.id, secret, dependency });
    const open = { key, dependency, opened };
    this.#open.set(id, open);
    // Not before: an edit with which no new one can be made may be undone. The calls of the old one end by themselves.
    void known?.dependency.close();
    opened.catch(() => {
      if (this.#open.get(id) !== open) return;
      this.#open.delete(id);
      void dependency.close();
    });
    return opened;
  }
}

interface Discover {
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: string;
  readonly dependency: Dependency;
}

async function discover({ issuer, clientId, secret, dependency }: Discover): Promise<client.Configuration> {
  const fetch = createFetch(dependency, { deadlineMs: DEADLINE_MS, bodyMaxBytes: 1024 * 1024 });
  try {
    return await client.discovery(new URL(issuer), clientId, secret, client.ClientSecretBasic(secret), {
      [client.customFetch]: fetch as unknown as client.CustomFetch,
      // Plain http is only ever dialled on loopback, where the policy's network says so: that is the dependency's rule.
      execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
    });
  } catch (error) {
    throw new AppError('upstream_unavailable', `${dependency.name}: discovery failed`, { cause: error });
  }
}
