import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { createRegistryProducer } from '../metrics/registry-producer.ts';
import { Deadline, orAborted } from '../outbound/deadline.ts';
import type { ExportWatch, Signal } from './export-watch.ts';
import { createOwnSampler } from './own-sampler.ts';
import { SpanBatch } from './encode-spans.ts';
import { requestIdSpans } from './request-id-spans.ts';
import { SpanOutbox } from './span-outbox.ts';
import type { TelemetryOptions } from './start-telemetry.ts';
import type { TelemetrySettings } from './telemetry-variables.ts';
import { createTraceExporter } from './trace-exporter.ts';

/** Where one signal goes. */
export interface Destination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SdkOptions extends TelemetryOptions {
  readonly watch: ExportWatch;
  readonly traces: Destination | undefined;
  readonly metricsOut: Destination | undefined;
}

export interface Sdk {
  close(): Promise<void>;
}

/** Below the 3 s that a closer of the process has. */
const CLOSE_MS = 2000;

const BATCH_MAX = 512;
/** As many traces as a batch of audit events names. */
const LINKS_MAX = 256;

/** The parts of the OpenTelemetry SDK that are used. The whole of `sdk-node` would bring five times as many packages. */
export function openSdk(options: SdkOptions): Sdk {
  const resource = resourceOf(options);
  const providers = [openTraces(options, resource), openMetrics(options, resource)].filter((one) => one !== undefined);
  return {
    close: async () => {
      const ended = Promise.allSettled(providers.map((provider) => provider.shutdown()));
      await Promise.race([ended, delay(CLOSE_MS, undefined, { ref: false })]);
      trace.disable();
      context.disable();
    },
  };
}

function resourceOf({ service, settings }: SdkOptions): Resource {
  return resourceFromAttributes({
    'service.namespace': 'causeway',
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    ...settings.otelResource,
    'service.name': settings.otelServiceName ?? service,
  });
}

function openTraces({ settings, watch, traces }: SdkOptions, resource: Resource): TracerProvider | undefined {
  if (traces === undefined) return undefined;
  const exporter = createTraceExporter(exporterOptions(settings, traces));
  const provider = new TracerProvider({
    resource,
    sampler: createOwnSampler(ratioOf(settings)),
    // The attributes are ours and short; a bound stands here for what they are taken from.
    spanLimits: {
      attributeValueLengthLimit: 512,
      attributeCountLimit: 32,
      eventCountLimit: 0,
      linkCountLimit: LINKS_MAX,
    },
    spanProcessors: [
      requestIdSpans,
      new SpanOutbox({
        batch: new SpanBatch(resource.attributes),
        batchMax: Math.min(BATCH_MAX, settings.spanQueueMax),
        waitingMax: settings.spanQueueMax,
        delayMs: settings.spanDelayMs,
        onEnded: () => watch.ended(),
        send: async (spans) => {
          // The exporter bounds how long its connection is silent, which is not how long it takes.
          using deadline = new Deadline({ name: 'collector', ms: settings.otlpTimeoutMs + 1000, caller: undefined });
          const sent = new Promise<Outcome>((resolve) => exporter.export(spans, resolve));
          const outcome = await orAborted(sent, deadline.signal).catch((error: Error) => ({ code: FAILED, error }));
          report(watch, { signal: 'traces', items: spans.count }, outcome);
        },
        close: () => exporter.shutdown(),
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return provider;
}

/** The registry of `/metrics` is the one source; the SDK has no instrument of its own. */
function openMetrics(
  { settings, watch, metricsOut, metrics }: SdkOptions,
  resource: Resource,
): MeterProvider | undefined {
  if (metricsOut === undefined) return undefined;
  const reader = new PeriodicExportingMetricReader({
    exporter: watched(new OTLPMetricExporter(exporterOptions(settings, metricsOut)), watch),
    exportIntervalMillis: settings.metricIntervalMs,
    exportTimeoutMillis: Math.min(settings.metricIntervalMs, settings.otlpTimeoutMs),
    metricProducers: [createRegistryProducer(metrics.registry)],
  });
  return new MeterProvider({ resource, readers: [reader] });
}

function exporterOptions(settings: TelemetrySettings, { url, headers }: Destination) {
  return {
    url,
    headers: { ...headers },
    timeoutMillis: settings.otlpTimeoutMs,
    // Spans go out one batch at a time; only the end of the process sends all that wait at once.
    concurrencyLimit: Math.ceil(settings.spanQueueMax / BATCH_MAX) + 1,
    compression: settings.otlpCompression as never,
    httpAgentOptions: {
      keepAlive: true,
      ...pem('ca', settings.otlpCaFile),
      ...pem('cert', settings.otlpClientCertificate),
      ...pem('key', settings.otlpClientKey),
    },
  };
}

function pem<Name extends string>(name: Name, file: string | undefined): { readonly [N in Name]?: Buffer } {
  if (file === undefined) return {};
  try {
    return { [name]: readFileSync(file) } as { readonly [N in Name]: Buffer };
  } catch (cause) {
    throw new AppError('config_invalid', `telemetry: the PEM file for "${name}" cannot be read`, { cause });
  }
}

function ratioOf({ tracesSampler, tracesSamplerArg }: TelemetrySettings): number {
  if (tracesSampler.endsWith('traceidratio')) return tracesSamplerArg;
  return tracesSampler.endsWith('always_on') ? 1 : 0;
}

// `ExportResultCode`
const SUCCESS = 0;
const FAILED = 1;

interface Outcome {
  readonly code: number;
  readonly error?: Error;
}

interface Exported {
  readonly signal: Signal;
  readonly items: number;
}

function report(watch: ExportWatch, { signal, items }: Exported, { code, error }: Outcome): void {
  if (code === SUCCESS) watch.exported(signal, items);
  else watch.failed(signal, error);
}

/** The same exporter, with somebody who looks at how each export ended. */
function watched(exporter: OTLPMetricExporter, watch: ExportWatch): OTLPMetricExporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (metrics, done) =>
    send(metrics, (result) => {
      report(watch, { signal: 'metrics', items: 1 }, result);
      done(result);
    });
  return exporter;
}
