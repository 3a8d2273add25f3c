import type { Draft } from './draft.ts';
import { includesLoopback, isLoopbackUrl } from './host.ts';
import type { PolicyCheck } from './policy-check.ts';
import type { PathSegment } from './problem.ts';

interface Address {
  readonly path: readonly PathSegment[];
  readonly url: string;
  readonly network?: 'public' | readonly string[];
}

interface NamedFile {
  readonly path: readonly PathSegment[];
  readonly file: string;
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
  for (const { path, range } of ranges(draft)) {
    if (includesLoopback(range)) report(path, `${range} holds loopback addresses, which production does not allow`);
  }
  for (const { path, file } of namedFiles(draft)) {
    if (!file.split(/[/\\]/).includes('.causeway')) continue;
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

function* ranges({
  providers,
  workspace,
  connections,
  registration,
}: Draft): Generator<{ path: PathSegment[]; range: string }> {
  const networks: [PathSegment[], 'public' | readonly string[] | undefined][] = [
    ...providers.map(
      (provider, index) => [['providers', index, 'network'], provider?.network] satisfies [PathSegment[], unknown],
    ),
    [['workspace', 'network'], workspace?.network],
    ...Object.entries(connections).map(
      ([name, { network }]) => [['connections', name, 'network'], network] satisfies [PathSegment[], unknown],
    ),
    [['registration', 'network'], registration.network],
  ];
  for (const [path, network] of networks) {
    if (network === undefined || network === 'public') continue;
    for (const [index, range] of network.entries()) yield { path: [...path, index], range };
  }
}

/** Every file that a policy names. */
export function* namedFiles(draft: Omit<Draft, 'resource'>): Generator<NamedFile> {
  const candidates: [PathSegment[], string | undefined][] = [
    ...draft.providers.flatMap((provider, index): [PathSegment[], string | undefined][] => [
      [['providers', index, 'caFile'], provider?.caFile],
      [['providers', index, 'client', 'secretFile'], provider?.client?.secretFile],
    ]),
    [['workspace', 'caFile'], draft.workspace?.caFile],
    ...Object.entries(draft.connections).flatMap(
      ([name, { caFile, credentialFile }]): [PathSegment[], string | undefined][] => [
        [['connections', name, 'caFile'], caFile],
        [['connections', name, 'credentialFile'], credentialFile],
      ],
    ),
    ...Object.entries(draft.clients).flatMap(
      ([id, { secretFile, jwksFile }]): [PathSegment[], string | undefined][] => [
        [['clients', id, 'secretFile'], secretFile],
        [['clients', id, 'jwksFile'], jwksFile],
      ],
    ),
    ...Object.entries(draft.registration.metadataPins).map(([url, file]): [PathSegment[], string] => [
      ['registration', 'metadataPins', url],
      file,
    ]),
    [['semanticModel'], draft.semanticModel],
  ];
  for (const [path, file] of candidates) if (file !== undefined) yield { path, file };
}
