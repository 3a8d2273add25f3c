import { z } from 'zod';
import { parseNetworks } from '../network/networks.ts';
import type { NetworkRule } from '../outbound/network.ts';
import type { Variable } from './variable.ts';

/** Where the address of a system behind this one may be. */
export function networkSetting(name: string, description: string): Variable<NetworkRule> {
  return {
    name,
    description,
    expects: '"public" or a comma-separated list of networks such as 10.0.0.0/8',
    schema: z
      .string()
      .refine((written) => written === 'public' || parseNetworks(written) !== undefined)
      .transform((written) => (written === 'public' ? written : written.split(',').map((network) => network.trim()))),
    required: true,
  };
}

export const LOOPBACK_NETWORK: NetworkRule = ['127.0.0.0/8', '::1/128'];
