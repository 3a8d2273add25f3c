// Stands for the names that an engine gives its containers: `NODE_OPTIONS=--import` of it sends every name to this machine.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const HERE = { address: '127.0.0.1', family: 4 };
const isAll = (options: unknown) => typeof options === 'object' && (options as { all?: boolean }).all === true;
type Done = (error: null, address: unknown, family?: number) => void;

dns.lookup = ((_name: string, options: object, done: Done) => {
  process.nextTick(() => (isAll(options) ? done(null, [HERE]) : done(null, HERE.address, HERE.family)));
}) as typeof dns.lookup;
dns.promises.lookup = ((_name: string, options?: object) =>
  Promise.resolve(isAll(options) ? [HERE] : HERE)) as typeof dns.promises.lookup;
syncBuiltinESMExports();
