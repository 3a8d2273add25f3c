import type { LookupOptions } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { callbackify } from 'node:util';
import { AppError } from '@causeway/core';
import { buildConnector } from 'undici';
import { loopbackOf, type Network } from './network.ts';

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface PinnedConnectorOptions {
  readonly name: string;
  readonly network: Network;
  readonly caFile?: string | undefined;
  readonly connectTimeoutMs: number;
  readonly resolve: Resolve;
}

/**
 * Connects to checked addresses only. The check sits inside the socket's own lookup, so the addresses that were checked
 * are the ones that are dialled: there is no second resolution that a rebinding name server could answer differently.
 * TLS still names and verifies the host, because the socket keeps the host name.
 */
export function createPinnedConnector(options: PinnedConnectorOptions): buildConnector.connector {
  const { name, network } = options;
  const encrypted = createGuardedConnector(options, network);
  const plain = createGuardedConnector(options, loopbackOf(network));
  return (target, callback) => {
    const guarded = target.protocol === 'https:' ? encrypted : plain;
    // A literal address is dialled without a lookup.
    if (isIP(target.hostname) !== 0 && !guarded.network.permits(target.hostname)) {
      callback(refusal(name, target.hostname, target.hostname), null);
      return;
    }
    guarded.connect(target, callback);
  };
}

export async function resolveBySystem(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

function createGuardedConnector(options: PinnedConnectorOptions, network: Network) {
  const connect = buildConnector({
    lookup: guardedLookup(options, network),
    // Asks the lookup for all addresses, and goes on to the next one when one does not answer.
    autoSelectFamily: true,
    timeout: options.connectTimeoutMs,
    // One protocol, so that one connection carries one request and the connection limit is a request limit.
    allowH2: false,
    // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment has no say.
    rejectUnauthorized: true,
    ...(options.caFile !== undefined && { ca: trustAlso(options.name, options.caFile) }),
  });
  return { network, connect };
}

function guardedLookup({ name, resolve }: PinnedConnectorOptions, network: Network): LookupFunction {
  return callbackify(async (hostname: string, _options: LookupOptions) => {
    const addresses = await resolve(hostname);
    // One foreign address among good ones is refused as a whole: which one gets dialled would be luck.
    const foreign = addresses.find((address) => !network.permits(address));
    if (foreign !== undefined) throw refusal(name, hostname, foreign);
    if (addresses.length === 0) throw new Error('the name has no address');
    return addresses.map((address) => ({ address, family: isIP(address) }));
  });
}

function refusal(name: string, hostname: string, address: string): AppError {
  return new AppError(
    'upstream_rejected',
    `${name}: ${hostname} is at ${address}, outside the network of this dependency`,
  );
}

function trustAlso(name: string, caFile: string): string[] {
  try {
    return [...getCACertificates('default'), readFileSync(caFile, 'utf8')];
  } catch (cause) {
    throw new AppError('config_invalid', `${name}: caFile cannot be read`, { cause });
  }
}
