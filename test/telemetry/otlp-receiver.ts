import { setTimeout as delay } from 'node:timers/promises';
import { MockOtlpServer, normalizeMetrics, normalizeTrace } from '@elastic/mockotlpserver';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: string; readonly message?: string };
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit?: string;
  readonly service: unknown;
  readonly points: readonly { readonly attributes: Readonly<Record<string, unknown>>; readonly count?: string }[];
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Record<string, unknown> };
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

interface Points {
  readonly dataPoints: ReceivedMetric['points'];
}

interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: Record<string, unknown> };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly { name: string; unit?: string; sum?: Points; gauge?: Points; histogram?: Points }[];
    }[];
  }[];
}

/** A real OTLP/HTTP receiver, which decodes by the official protos, and everything that it was sent. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly metrics: ReceivedMetric[] = [];
  readonly headers: Readonly<Record<string, string>>[] = [];
  readonly #server: MockOtlpServer;

  private constructor() {
    this.#server = new MockOtlpServer({
      logLevel: 'fatal',
      services: ['http'],
      httpHostname: '127.0.0.1',
      httpPort: 0,
      onTrace: (request) => this.spans.push(...spansOf(normalizeTrace(request) as TraceRequest)),
      onMetrics: (request) => this.metrics.push(...metricsOf(normalizeMetrics(request) as MetricsRequest)),
      onRequest: ({ headers }) => this.headers.push(headers),
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await receiver.#server.start();
    return receiver;
  }

  get url(): string {
    return String(this.#server.httpUrl).replace(/\/$/, '');
  }

  /** What `find` finds, once it is there. */
  async until<T>(what: string, find: (receiver: this) => T | undefined): Promise<T> {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await delay(50)) {
      const found = find(this);
      if (found !== undefined) return found;
    }
    throw new Error(`not received within 15 s: ${what}`);
  }

  span(what: string, matches: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
    return this.until(what, ({ spans }) => spans.find(matches));
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function spansOf({ resourceSpans }: TraceRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, attributes: span.attributes ?? {}, resource: resource.attributes })),
    ),
  );
}

function metricsOf({ resourceMetrics }: MetricsRequest): ReceivedMetric[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ name, unit, sum, gauge, histogram }) => ({
        name,
        ...(unit !== undefined && { unit }),
        service: resource.attributes['service.name'],
        points: (sum ?? gauge ?? histogram)?.dataPoints ?? [],
      })),
    ),
  );
}
