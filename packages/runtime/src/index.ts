export { createHealth, type CheckResult, type HealthCheck } from './process/create-health.ts';
export { createHttpApp } from './http/create-http-app.ts';
export { headersNamed } from './http/headers-named.ts';
export { HttpRefusal } from './http/http-refusal.ts';
export { listen, type Listener } from './http/listen.ts';
export { readBody } from './http/read-body.ts';
export type { Challenge } from './http/render-error.ts';
export { type RequestContext, requestContext } from './http/request-context.ts';
export { InFlight } from './in-flight.ts';
export { type CallWindow, LeasedWindow, type SharedCount } from './leased-window.ts';
export { hiddenKey, sharedCount } from './shared-count.ts';
export { createLogger, type Logger } from './logging/create-logger.ts';
export { type Outcome, outcomeOf } from './logging/log-request.ts';
export { plainJson } from './logging/plain-json.ts';
export { addGauge } from './metrics/add-gauge.ts';
export { createMetrics, type Metrics, type Route } from './metrics/create-metrics.ts';
export {
  addBreakerMetrics,
  addKeyMetrics,
  addPoolMetrics,
  createCacheMetrics,
  type ObservedDependency,
} from './metrics/dependency-metrics.ts';
export { addressBlock } from './network/address-block.ts';
export { isLoopbackHost } from './network/loopback.ts';
export { type Networks, parseNetworks } from './network/networks.ts';
export { clockSkewMs } from './outbound/clock-skew.ts';
export { Deadline, orAborted } from './outbound/deadline.ts';
export { createFetch } from './outbound/create-fetch.ts';
export type { BreakerState } from './outbound/breaker.ts';
export { createDependency, type Dependency } from './outbound/dependency.ts';
export type { NetworkRule } from './outbound/network.ts';
export type { OutboundCall, OutboundResponse, ReadFailure } from './outbound/outbound-call.ts';
export { requestJson } from './outbound/request-json.ts';
export { urlBelow } from './outbound/url-below.ts';
export { openPool } from './open-pool.ts';
export { endProcess } from './process/end-process.ts';
export { type Front, openFront } from './process/open-front.ts';
export { runMain } from './process/run-main.ts';
export { serve, type Served, type ServedApp, type ServeOptions } from './process/serve.ts';
export { postgresUrl } from './settings/connection-url.ts';
export { LOOPBACK_NETWORK, networkSetting } from './settings/network-setting.ts';
export { keyPath, path } from './settings/path.ts';
export { integer, type ListenAddress, listenAddress, networks, oneOf, text } from './settings/plain-variables.ts';
export {
  type Environment,
  readSettings,
  type SettingProblem,
  type SettingRule,
  type Settings,
  type Variables,
} from './settings/read-settings.ts';
export { secret } from './settings/secret.ts';
export { serviceVariables } from './settings/service-variables.ts';
export { stateStoreProblems, stateStoreVariables } from './settings/state-store.ts';
export { publicUrl, url } from './settings/url.ts';
export { optional, type Variable } from './settings/variable.ts';
export {
  ATTRIBUTE,
  callerAttributes,
  innerToolSpan,
  SPAN,
  type SpanName,
  TOOL_ERROR,
  toolCallSpan,
} from './telemetry/semantic-conventions.ts';
export type { Destination as TelemetryDestination } from './telemetry/open-sdk.ts';
export { startTelemetry, telemetryDestinations } from './telemetry/start-telemetry.ts';
export { telemetryProblems, type TelemetrySettings, telemetryVariables } from './telemetry/telemetry-variables.ts';
export { currentTraceCarrier, extractTraceContext } from './telemetry/trace-context.ts';
export { failSpan, withLeafSpan, withSpan } from './telemetry/with-span.ts';
