import type { Draft } from './draft.ts';
import { includesLoopback, isLoopbackUrl } from './host.ts';
import type { PolicyCheck } from './policy-check.ts';
import type { PathSegment } from './problem.ts';
import { policySchema } from './schema.ts';
import { marked } from './schema-tree.ts';

interface Address {
  readonly path: readonly PathSegment[];
  readonly url: string;
  readonly network?: 'public' | readonly string[];
}

/** Addresses and files. In production nothing is plain http, nothing is on this machine, and no key lies in the demo's folder. */
export function checkOutside(check: PolicyCheck): void {
  for (const address of addresses(check.draft)) checkAddress(check, address);
  if (check.production) checkProduction(check);
}

function checkAddress({ production, report }: PolicyCheck, { path, url, network }: Address): void {
  const isLoopback = isLoopbackUrl(url);
  if (url.startsWith('http:')) {
    if (production) report(path, 'must be https in production');
    else if (!isLoopback) report(path, 'must be https: plain http is for loopback only');
  }
  if (isLoopback && production) report(path, 'is on this machine, which production does not allow');
  if (isLoopback && network === 'public') {
    report(path, 'is on this machine, but its network is `public`: it could never be reached, set `network`');
  }
}

function checkProduction({ draft, report }: PolicyCheck): void {
  for (const { path, value } of marked(draft, policySchema, 'network')) {
    if (!Array.isArray(value)) continue;
    value.forEach((range: string, index) => {
      if (!includesLoopback(range)) return;
      report([...path, index], `${range} holds loopback addresses, which production does not allow`);
    });
  }
  for (const { path, value } of marked(draft, policySchema, 'file')) {
    if (!String(value).split(/[/\\]/).includes('.causeway')) continue;
    report(path, 'lies under .causeway/, where the local demo keeps its keys: production needs its own');
  }
}

function* addresses({ resource, providers, workspace, connections, clients }: Draft): Generator<Address> {
  if (resource !== undefined) yield { path: ['resource'], url: resource };
  for (const [index, provider] of providers.entries()) {
    if (provider !== undefined)
      yield { path: ['providers', index, 'issuer'], url: provider.issuer, network: provider.network };
  }
  if (workspace !== undefined)
    yield { path: ['workspace', 'issuer'], url: workspace.issuer, network: workspace.network };
  for (const [name, { baseUrl, network }] of Object.entries(connections)) {
    yield { path: ['connections', name, 'baseUrl'], url: baseUrl, network };
  }
  for (const [id, client] of Object.entries(clients)) {
    for (const [index, url] of client.redirects.entries()) {
      // Schemes of native applications are no addresses, and `check-clients.ts` has refused plain http elsewhere.
      if (url.startsWith('https:') || isLoopbackHttp(url)) yield { path: ['clients', id, 'redirects', index], url };
    }
  }
}

const isLoopbackHttp = (url: string) => url.startsWith('http:') && isLoopbackUrl(url);
