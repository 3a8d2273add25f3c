import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSettings } from '../settings/read-settings.ts';
import { publicUrl } from '../settings/url.ts';
import { parseHeaderList } from './header-list.ts';
import { telemetryProblems, telemetryVariables } from './telemetry-variables.ts';

const VARIABLES = {
  ...telemetryVariables(),
  publicUrl: publicUrl('PUBLIC_URL', { description: '', localDefault: 'http://127.0.0.1:1' }),
};
const read = (environment: Record<string, string>) => readSettings(VARIABLES, environment, telemetryProblems);
const PRODUCTION = { PUBLIC_URL: 'https://gateway.example' };

test('with nothing set, nothing goes out', () => {
  const { otlpEndpoint, otlpTracesEndpoint, otlpMetricsEndpoint, tracesSampler } = read({});
  expect({ otlpEndpoint, otlpTracesEndpoint, otlpMetricsEndpoint, tracesSampler }).toEqual({
    tracesSampler: 'parentbased_always_on',
  });
});

test.each([
  ['http://collector.example:4318', 'must be an https URL'],
  ['https://user:hunter2@collector.example', 'must be an http or https URL'],
])('in production %s is no place for spans, which name people', (endpoint, problem) => {
  expect(() => read({ ...PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toThrow(problem);
});

test.each(['https://collector.example/otlp', 'http://127.0.0.1:4318'])('in production %s is one', (endpoint) => {
  expect(read({ ...PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).otlpEndpoint).toBe(endpoint);
});

test('the collector’s credentials come from a file in production, and are never shown', () => {
  expect(() => read({ ...PRODUCTION, OTEL_EXPORTER_OTLP_HEADERS: 'a=hunter2' })).toThrow(
    'OTEL_EXPORTER_OTLP_HEADERS holds a secret',
  );
  const dir = mkdtempSync(join(tmpdir(), 'causeway-headers-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'headers'), 'authorization=Bearer%20hunter2\n', { mode: 0o600 });
  const { otlpHeaders } = read({ ...PRODUCTION, OTEL_EXPORTER_OTLP_HEADERS_FILE: join(dir, 'headers') });
  expect(otlpHeaders?.reveal()).toBe('authorization=Bearer%20hunter2');
  expect(JSON.stringify({ otlpHeaders })).not.toContain('hunter2');
});

test.each([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_SAMPLER_ARG', '-1'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '1000000'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'no pair'],
  ['OTEL_RESOURCE_ATTRIBUTES', '=x'],
  ['OTEL_EXPORTER_OTLP_CLIENT_KEY', '/key.pem'],
])('refuses %s=%s instead of doing something else', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(/OTEL_/);
});

test.each([
  ['a=1, b = x%3Dy%2Cz ,', { a: '1', b: 'x=y,z' }],
  ['', {}],
])('the list %s is read', (list, pairs) => {
  expect(parseHeaderList(list)).toEqual(pairs);
});

test.each(['a', '=1', 'a b=1', 'a=%', 'a=%0d%0aevil:1', 'a=%00'])('%s is no list of headers', (list) => {
  expect(parseHeaderList(list)).toBeUndefined();
});
