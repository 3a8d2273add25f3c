import { Secret } from '@causeway/core';
import { z } from 'zod';
import { isLoopbackHost } from '../network/loopback.ts';
import { path } from '../settings/path.ts';
import { integer, oneOf, text } from '../settings/plain-variables.ts';
import type { SettingProblem, Settings } from '../settings/read-settings.ts';
import { secret } from '../settings/secret.ts';
import { url } from '../settings/url.ts';
import { type About, optional, type Variable } from '../settings/variable.ts';
import { parseHeaderList } from './header-list.ts';

/** The standard variables of OpenTelemetry, as far as they mean something here. Without an endpoint there is no telemetry. */
export const telemetryVariables = () => ({ ...collectorVariables(), ...recordingVariables() });

const collectorVariables = () => ({
  otelDisabled: oneOf('OTEL_SDK_DISABLED', ['false', 'true'], {
    description: '`true`: no telemetry, whatever the others say.',
    default: 'false',
  }),
  otlpEndpoint: optional(
    collector('OTEL_EXPORTER_OTLP_ENDPOINT', 'The collector; `/v1/traces` and `/v1/metrics` are added.'),
  ),
  otlpTracesEndpoint: optional(
    collector('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'Where traces go instead; taken as it is.'),
  ),
  otlpMetricsEndpoint: optional(
    collector('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'Where metrics go instead; taken as it is.'),
  ),
  otlpHeaders: optional(
    headers('OTEL_EXPORTER_OTLP_HEADERS', 'Headers of every export: `name=value,…`, percent-encoded.'),
  ),
  otlpTracesHeaders: optional(headers('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'More headers, for traces.')),
  otlpMetricsHeaders: optional(headers('OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'More headers, for metrics.')),
  otlpProtocol: oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', ['http/protobuf'], {
    description: 'The one protocol that is spoken.',
    default: 'http/protobuf',
  }),
  otlpTimeoutMs: integer('OTEL_EXPORTER_OTLP_TIMEOUT', {
    description: 'Milliseconds that one export may take, with its retries.',
    default: '10000',
    min: 100,
    max: 60_000,
  }),
  otlpCompression: oneOf('OTEL_EXPORTER_OTLP_COMPRESSION', ['none', 'gzip'], {
    description: 'Of the exports.',
    default: 'none',
  }),
  otlpCaFile: optional(
    path('OTEL_EXPORTER_OTLP_CERTIFICATE', {
      description: 'PEM file of the authority that the collector is checked against.',
    }),
  ),
  otlpClientCertificate: optional(
    path('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', {
      description: 'PEM file of our own certificate, for a collector that asks.',
    }),
  ),
  otlpClientKey: optional(path('OTEL_EXPORTER_OTLP_CLIENT_KEY', { description: 'PEM file of its private key.' })),
});

const recordingVariables = () => ({
  otelServiceName: optional(
    text('OTEL_SERVICE_NAME', { description: 'The resource’s `service.name`, instead of the service’s own.' }),
  ),
  otelResource: optional(RESOURCE),
  tracesExporter: oneOf('OTEL_TRACES_EXPORTER', ['otlp', 'none'], {
    description: 'Whether traces go out.',
    default: 'otlp',
  }),
  metricsExporter: oneOf('OTEL_METRICS_EXPORTER', ['otlp', 'none'], {
    description: 'Whether metrics go out, beside /metrics.',
    default: 'otlp',
  }),
  tracesSampler: oneOf('OTEL_TRACES_SAMPLER', SAMPLERS, {
    description:
      'Which requests are traced. `parentbased_` means a parent of our own: the flags of callers are never believed.',
    default: 'parentbased_always_on',
  }),
  tracesSamplerArg: RATIO,
  spanQueueMax: integer('OTEL_BSP_MAX_QUEUE_SIZE', {
    description: 'Spans that wait for an export. Beyond that they are dropped.',
    default: '8192',
    min: 64,
    max: 100_000,
  }),
  spanDelayMs: integer('OTEL_BSP_SCHEDULE_DELAY', {
    description: 'Milliseconds after which spans are exported, when no batch is full before.',
    default: '5000',
    min: 10,
    max: 60_000,
  }),
  metricIntervalMs: integer('OTEL_METRIC_EXPORT_INTERVAL', {
    description: 'Milliseconds between two exports of metrics.',
    default: '60000',
    min: 100,
    max: 600_000,
  }),
});

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;

export type TelemetrySettings = Omit<Settings<ReturnType<typeof telemetryVariables>>, 'deployment'>;

/** A certificate is of no use without its key, nor the key without it. */
export function telemetryProblems({
  otlpClientCertificate,
  otlpClientKey,
}: Partial<TelemetrySettings>): SettingProblem[] {
  if ((otlpClientCertificate === undefined) === (otlpClientKey === undefined)) return [];
  const problem = 'and OTEL_EXPORTER_OTLP_CLIENT_KEY are only good together';
  return [{ variable: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', problem }];
}

const RESOURCE: Variable<Readonly<Record<string, string>>> = {
  name: 'OTEL_RESOURCE_ATTRIBUTES',
  description: 'More about this process, such as `deployment.environment.name=production`.',
  expects: 'a list such as name=value,name=value',
  schema: z
    .string()
    .max(4000)
    .transform((list, context) => parseHeaderList(list) ?? invalid(context)),
  required: true,
};

const RATIO: Variable<number> = {
  name: 'OTEL_TRACES_SAMPLER_ARG',
  description: 'The share of requests that the samplers with a ratio trace.',
  expects: 'a number from 0 to 1',
  schema: z
    .string()
    .regex(/^(?:0|1|0?\.\d{1,9}|1\.0{1,9})$/)
    .transform(Number),
  default: '1',
  required: true,
};

/** Spans name people, so off this machine they travel by TLS only. */
function collector(name: string, description: string): Variable<string> {
  const isSafe = (value: string) => /^https:/i.test(value) || isLoopbackHost(new URL(value).hostname);
  return {
    ...url(name, { description }),
    refuse: (value, { deployment }) =>
      deployment === 'local' || isSafe(value) ? undefined : 'must be an https URL, or a collector on this machine',
  };
}

/** They hold the collector's credentials. */
function headers(name: string, description: string): Variable<Secret> {
  const about: About = { description };
  return {
    ...secret(name, about),
    expects: 'a list such as name=value,name=value with percent-encoded values',
    schema: z
      .string()
      .refine((list) => parseHeaderList(list) !== undefined)
      .transform((list) => new Secret(list)),
  };
}

function invalid(context: z.core.$RefinementCtx): never {
  context.addIssue('not a list');
  return z.NEVER;
}
