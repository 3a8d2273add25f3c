import type { Attributes, HrTime } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from 'prom-client';
import { CONVENTIONAL_METRICS } from '../telemetry/semantic-conventions.ts';

type Metric = MetricObjectWithValues<MetricValue<string>>;

/** What `/metrics` shows, for OTLP: one source, so that the two never tell different stories. */
export function createRegistryProducer(registry: Registry, now: () => number = Date.now): MetricProducer {
  const startTime = hrTimeOf(now());
  return {
    collect: async (): Promise<CollectionResult> => {
      const times = { startTime, endTime: hrTimeOf(now()) };
      const metrics = await registry.getMetricsAsJSON();
      const scopeMetrics = [
        { scope: { name: 'causeway' }, metrics: metrics.flatMap((metric) => metricData(metric, times) ?? []) },
      ];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

const hrTimeOf = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

function metricData(metric: Metric, times: Times): MetricData | undefined {
  const conventional = CONVENTIONAL_METRICS[metric.name];
  const { name = metric.name, unit = '' } = conventional ?? {};
  // `ValueType.DOUBLE`.
  const base = {
    descriptor: { name, description: metric.help, unit, valueType: 1 },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const attributesOf = (labels: MetricValue<string>['labels']): Attributes => ({
    ...conventional?.constant,
    ...Object.fromEntries(
      Object.entries(labels).map(([label, value]) => [conventional?.attributes[label] ?? label, String(value)]),
    ),
  });
  const point = <T>(labels: MetricValue<string>['labels'], value: T): DataPoint<T> => ({
    ...times,
    attributes: attributesOf(labels),
    value,
  });
  const points = () => metric.values.map(({ labels, value }) => point(labels, value));
  // prom-client's types say that this is an enum; what it gives is the word.
  switch (String(metric.type)) {
    case 'counter':
      return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() };
    case 'gauge':
      return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: points() };
    case 'histogram': {
      const dataPoints = histograms(metric).map(({ labels, histogram }) => point(labels, histogram));
      return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
    }
    default:
      // Summaries have no counterpart that could be added up; there are none.
      return undefined;
  }
}

interface Series {
  readonly labels: MetricValue<string>['labels'];
  readonly histogram: Histogram;
}

function histograms({ name, values }: Metric): readonly Series[] {
  const series = new Map<string, MetricValueWithName<string>[]>();
  for (const value of values as readonly MetricValueWithName<string>[]) {
    const { le: _bound, ...labels } = value.labels as Record<string, string | number>;
    const key = JSON.stringify(labels);
    const known = series.get(key);
    if (known === undefined) series.set(key, [value]);
    else known.push(value);
  }
  return Array.from(series, ([key, parts]) => ({
    labels: JSON.parse(key) as Series['labels'],
    histogram: histogramOf(name, parts),
  }));
}

/** Prometheus adds buckets up; OTLP counts each for itself. */
function histogramOf(name: string, parts: readonly MetricValueWithName<string>[]): Histogram {
  const buckets = parts.filter(({ metricName }) => metricName === `${name}_bucket`);
  const valueOf = (suffix: string) => parts.find(({ metricName }) => metricName === `${name}${suffix}`)?.value ?? 0;
  return {
    buckets: {
      boundaries: buckets
        .map(({ labels }) => Number((labels as Record<string, unknown>)['le']))
        .filter(Number.isFinite),
      counts: buckets.map(({ value }, at) => value - (buckets[at - 1]?.value ?? 0)),
    },
    sum: valueOf('_sum'),
    count: valueOf('_count'),
  };
}
