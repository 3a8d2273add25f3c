import { expect, test } from 'vitest';

import { telemetryEnvironment } from './telemetry-environment.ts';

test('takes every standard variable of OpenTelemetry but the name of the service, and nothing else', () => {
  const telemetry = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_HEADERS_FILE: '/run/secrets/headers',
    OTEL_TRACES_SAMPLER: 'always_off',
  };
  expect(telemetryEnvironment({ ...telemetry, OTEL_SERVICE_NAME: 'x', PATH: '/bin', AWS_SECRET: 'hunter2' })).toEqual(
    telemetry,
  );
});
