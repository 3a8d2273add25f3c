export { isLoopbackHost, mayBeLoopbackHost } from './network/loopback.ts';
export { type Networks, parseNetworks } from './network/networks.ts';
export { postgresUrl, redisUrl } from './settings/connection-url.ts';
export { keyPath, path } from './settings/path.ts';
export { integer, type ListenAddress, listenAddress, networks, oneOf, port, text } from './settings/plain-variables.ts';
export {
  type Environment,
  readSettings,
  type SettingProblem,
  type SettingRule,
  type Settings,
  type Variables,
} from './settings/read-settings.ts';
export { secret } from './settings/secret.ts';
export { productionUrlProblem, publicUrl, url } from './settings/url.ts';
export { type About, type Deployment, optional, type Provenance, type Variable } from './settings/variable.ts';
export { type BreakerSettings, type BreakerState } from './outbound/breaker.ts';
export {
  createDependency,
  type Dependency,
  type DependencySettings,
  type OutboundDeps,
} from './outbound/dependency.ts';
export { type Network, type NetworkRule, parseNetwork } from './outbound/network.ts';
export type { OutboundCall, OutboundResponse, Purpose } from './outbound/outbound-call.ts';
export { requestJson } from './outbound/request-json.ts';
export { urlBelow } from './outbound/url-below.ts';
