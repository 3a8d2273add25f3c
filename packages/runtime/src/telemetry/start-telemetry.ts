import type { Logger } from '../logging/create-logger.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { createExportWatch } from './export-watch.ts';
import { parseHeaderList } from './header-list.ts';
import type { Destination } from './open-sdk.ts';
import type { TelemetrySettings } from './telemetry-variables.ts';

export interface TelemetryOptions {
  readonly service: string;
  readonly settings: TelemetrySettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Telemetry {
  /** Sends what is left, for at most two seconds: a collector that is down holds up no shutdown. */
  close(): Promise<void>;
}

const OFF: Telemetry = { close: () => Promise.resolve() };

/**
 * Spans and metrics go out by OTLP from here on, if the settings name a collector. Only what our own code says is in them: nothing is
 * instrumented by itself, because that would see headers and statements.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { settings, logger, metrics } = options;
  const { traces, metrics: metricsOut } = telemetryDestinations(settings);
  if (traces === undefined && metricsOut === undefined) return OFF;
  // Loading the SDK takes a fifth of a second, which only those pay who want it.
  const { openSdk } = await import('./open-sdk.ts');
  const watch = createExportWatch({ logger, registry: metrics.registry });
  const sdk = openSdk({ ...options, watch, traces, metricsOut });
  logger.info('telemetry goes out', {
    traces: hostOf(traces),
    metrics: hostOf(metricsOut),
    sampler: settings.tracesSampler,
  });
  return { close: () => sdk.close() };
}

/** Where traces and metrics go by these settings; undefined for what goes nowhere. */
export function telemetryDestinations(settings: TelemetrySettings): {
  readonly traces: Destination | undefined;
  readonly metrics: Destination | undefined;
} {
  return { traces: tracesDestination(settings), metrics: metricsDestination(settings) };
}

function tracesDestination(settings: TelemetrySettings): Destination | undefined {
  if (settings.otelDisabled === 'true' || settings.tracesExporter === 'none') return undefined;
  const url = settings.otlpTracesEndpoint ?? signalUrl(settings.otlpEndpoint, 'v1/traces');
  return url === undefined ? undefined : { url, headers: headersOf(settings.otlpHeaders, settings.otlpTracesHeaders) };
}

function metricsDestination(settings: TelemetrySettings): Destination | undefined {
  if (settings.otelDisabled === 'true' || settings.metricsExporter === 'none') return undefined;
  const url = settings.otlpMetricsEndpoint ?? signalUrl(settings.otlpEndpoint, 'v1/metrics');
  return url === undefined ? undefined : { url, headers: headersOf(settings.otlpHeaders, settings.otlpMetricsHeaders) };
}

/** OTLP/HTTP: the common endpoint is a base, also when it has a path. */
const signalUrl = (base: string | undefined, path: string): string | undefined =>
  base === undefined ? undefined : `${base.replace(/\/+$/, '')}/${path}`;

type Headers = TelemetrySettings['otlpHeaders'];

const headersOf = (...lists: readonly Headers[]): Readonly<Record<string, string>> =>
  Object.assign({}, ...lists.map((list) => list && parseHeaderList(list.reveal()))) as Record<string, string>;

const hostOf = (destination: Destination | undefined): string | undefined =>
  destination && new URL(destination.url).host;
