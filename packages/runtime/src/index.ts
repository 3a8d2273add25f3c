export {
  createHealth,
  type CheckResult,
  type DependencyHealth,
  type Health,
  type HealthCheck,
  type HealthReport,
  type HealthStatus,
  type Readiness,
} from './health/create-health.ts';
export { createAdminApp, createHttpApp, type HttpAppOptions } from './http/create-http-app.ts';
export { headersNamed } from './http/headers-named.ts';
export { HttpRefusal, type RefusalStatus } from './http/http-refusal.ts';
export { listen, type Listener, SERVER_LIMITS, type ServerLimits } from './http/listen.ts';
export { readBody } from './http/read-body.ts';
export type { Challenge } from './http/render-error.ts';
export { type RequestContext, requestContext } from './http/request-context.ts';
export { type CallWindow, LeasedWindow, type SharedCount } from './limits/leased-window.ts';
export { createLogger, type Log, type LogFields, type Logger, type LoggerOptions } from './logging/create-logger.ts';
export { logRequest, type Outcome, outcomeOf, type RequestLine } from './logging/log-request.ts';
export { plainJson } from './logging/plain-json.ts';
export { addGauge, addLabelledGauge, type LabelledGauge, type ReadGauge } from './metrics/add-gauge.ts';
export { createMetrics, type Metrics, type Route } from './metrics/create-metrics.ts';
export {
  addBreakerMetrics,
  addHealthMetrics,
  addKeyMetrics,
  addPoolMetrics,
  createCacheMetrics,
  type ObservedDependency,
  type ObservedKeys,
  type ObservedPool,
} from './metrics/dependency-metrics.ts';
export { addressBlock } from './network/address-block.ts';
export { isLoopbackHost, mayBeLoopbackHost } from './network/loopback.ts';
export { type Networks, parseNetworks } from './network/networks.ts';
export { clockSkewMs } from './outbound/clock-skew.ts';
export { Deadline, orAborted } from './outbound/deadline.ts';
export { createFetch, type FetchLimits } from './outbound/create-fetch.ts';
export { type BreakerSettings, type BreakerState } from './outbound/breaker.ts';
export {
  createDependency,
  type Dependency,
  type DependencySettings,
  type OutboundDeps,
} from './outbound/dependency.ts';
export { type Network, type NetworkRule, parseNetwork } from './outbound/network.ts';
export type { OutboundCall, OutboundResponse, Purpose, ReadFailure } from './outbound/outbound-call.ts';
export { requestJson } from './outbound/request-json.ts';
export { urlBelow } from './outbound/url-below.ts';
export { openPool, type PoolSettings } from './postgres/open-pool.ts';
export { type Front, openFront } from './process/open-front.ts';
export { runMain } from './process/run-main.ts';
export { serve, type Served, type ServedApp, type ServeOptions } from './process/serve.ts';
export { postgresUrl, redisUrl } from './settings/connection-url.ts';
export { LOOPBACK_NETWORK, networkSetting } from './settings/network-setting.ts';
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
export { type ServiceVariables, serviceVariables } from './settings/service-variables.ts';
export {
  stateStoreProblems,
  type StateStoreSettings,
  stateStoreVariables,
  type StateStoreVariables,
} from './settings/state-store.ts';
export { productionUrlProblem, publicUrl, url } from './settings/url.ts';
export { type About, type Deployment, optional, type Provenance, type Variable } from './settings/variable.ts';
export { createShutdown, type Shutdown, type ShutdownOptions } from './shutdown/create-shutdown.ts';
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
export { startTelemetry, type Telemetry, telemetryDestinations } from './telemetry/start-telemetry.ts';
export { telemetryProblems, type TelemetrySettings, telemetryVariables } from './telemetry/telemetry-variables.ts';
export { currentTraceCarrier, extractTraceContext, type TraceCarrier } from './telemetry/trace-context.ts';
export { failSpan, withSpan } from './telemetry/with-span.ts';
