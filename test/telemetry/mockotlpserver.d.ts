declare module '@elastic/mockotlpserver' {
  interface Callbacks {
    readonly onTrace?: (request: unknown) => void;
    readonly onMetrics?: (request: unknown) => void;
    readonly onRequest?: (request: { readonly headers: Readonly<Record<string, string>> }) => void;
  }
  export class MockOtlpServer {
    readonly httpUrl: URL | null;
    constructor(
      options: Callbacks & {
        readonly logLevel: string;
        readonly services: readonly 'http'[];
        readonly httpHostname: string;
        readonly httpPort: number;
      },
    );
    start(): Promise<void>;
    close(): Promise<void>;
  }
  export function normalizeTrace(request: unknown): unknown;
  export function normalizeMetrics(request: unknown): unknown;
}
