import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BenchCase, Prepared } from '../bench-case.ts';
import { mcpCallCase } from './mcp-call.ts';

const untraced = mcpCallCase({
  name: 'mcp-telemetry',
  what: 'query_sales_data, ten rows, the whole way, with every call traced and metrics exported, beside the same without',
  tool: 'query_sales_data',
  args: { region: 'WEST', order_by: 'amount', limit: 10 },
  isRight: ({ rows }) => Array.isArray(rows) && rows.length === 10,
});

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const [service] = untraced.targets.filter((target) => target.kind === 'http' && target.floor === undefined);
if (service?.kind !== 'http') throw new TypeError('the case of the calls has no service');

export const benchCase: BenchCase = {
  ...untraced,
  prepare,
  targets: [
    { ...service, name: 'telemetry off', floor: true },
    { ...service, name: 'telemetry on', module: at('servers/mcp-service-telemetry.ts') },
  ],
};

/** Beside the stack a collector that takes everything and looks at nothing: what it costs is not ours. */
async function prepare(): Promise<Prepared> {
  const collector = createServer((request, response) => {
    request.resume().once('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { settings, stop } = (await untraced.prepare?.()) ?? { settings: {}, stop: () => Promise.resolve() };
  return {
    settings: { ...settings, collector: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` },
    stop: async () => {
      await stop();
      collector.closeAllConnections();
      collector.close();
    },
  };
}
