import type { StartServer } from '../src/bench-case.ts';
import { startServer as startService } from './mcp-service.ts';

/** The same service with traces of every call and metrics on their way to a collector. */
export const startServer: StartServer = ({ collector = '', ...settings }) =>
  startService({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_METRIC_EXPORT_INTERVAL: '1000' });
