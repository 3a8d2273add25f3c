import { type TelemetryDestination, telemetryDestinations, type TelemetrySettings } from '@causeway/runtime';

import { ask } from './ask.ts';
import { type DoctorCheck, notChecked, ok, wrong } from './doctor-check.ts';

/** Whether the collector takes what the services would send: an export with nothing in it, with their headers. */
export function telemetryChecks(settings: TelemetrySettings): DoctorCheck[] {
  const { traces, metrics } = telemetryDestinations(settings);
  return [
    { name: 'traces', run: (signal) => send(traces, signal) },
    { name: 'metrics by OTLP', run: (signal) => send(metrics, signal) },
  ];
}

/** One resource without anything of its own: field 1 of both messages, with length 0. */
const EMPTY_EXPORT = Uint8Array.of(0x0a, 0x00);

async function send(destination: TelemetryDestination | undefined, signal: AbortSignal) {
  if (destination === undefined)
    return notChecked('OTEL_EXPORTER_OTLP_ENDPOINT is not set, or telemetry is switched off');
  const headers = { ...destination.headers, 'content-type': 'application/x-protobuf' };
  const { status } = await ask(destination.url, { method: 'POST', headers, body: EMPTY_EXPORT, signal });
  if (status >= 200 && status < 300) return ok(`the collector takes it (${status})`);
  const isRefused = status === 401 || status === 403;
  return wrong(
    `the collector answers ${status}`,
    'spans and metrics are dropped; calls are not affected, but nobody can see why one was slow',
    isRefused
      ? 'look at OTEL_EXPORTER_OTLP_HEADERS: the collector does not know this credential'
      : 'look at the path: /v1/traces and /v1/metrics are added to OTEL_EXPORTER_OTLP_ENDPOINT, and to nothing else',
  );
}
