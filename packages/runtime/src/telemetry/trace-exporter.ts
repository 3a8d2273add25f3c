import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
  type OTLPExporterNodeConfigBase,
} from '@opentelemetry/otlp-exporter-base/node-http';
import type { EncodedSpans } from './encode-spans.ts';

/** OpenTelemetry's way to a collector, with its retries, for spans that are encoded already. */
export function createTraceExporter(config: OTLPExporterNodeConfigBase): OTLPExporterBase<EncodedSpans> {
  const http = convertLegacyHttpOptions(config, 'TRACES', 'v1/traces', { 'Content-Type': 'application/x-protobuf' });
  const serializer = { serializeRequest: ({ bytes }: EncodedSpans) => bytes, deserializeResponse: () => ({}) };
  const counted = { name: 'span' as const, countItems: ({ count }: EncodedSpans) => count };
  return new OTLPExporterBase(
    createOtlpHttpExportDelegate(http, serializer, 'otlp_http_span_exporter', counted, undefined),
  );
}
