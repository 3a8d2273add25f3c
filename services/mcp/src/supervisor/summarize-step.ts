import type { CallResult } from '../call/call-tool.ts';
import type { Step } from './plan-steps.ts';

const LINES_MAX = 5;
const LINE_CHARS = 240;

/** What a step found, in a few lines: figures and quotations as they came, nothing made up. */
export function summarizeStep({ tool }: Step, result: CallResult): string {
  if (!result.ok) return failure(tool, result.error);
  const write = WRITERS[tool];
  return write === undefined ? line(result.content) : write(result.content as never);
}

function failure(
  tool: Step['tool'],
  { code, publicMessage, retryAfterMs }: Extract<CallResult, { ok: false }>['error'],
): string {
  if (code === 'rate_limited') {
    const again = retryAfterMs === undefined ? '' : ` Ask again in ${Math.ceil(retryAfterMs / 1000)} s.`;
    return `${tool === 'genie_query' ? 'Genie' : tool} is limited right now and was not asked.${again}`;
  }
  if (code === 'insufficient_scope') return `Your token was not given the scope that ${tool} needs.`;
  return `${tool} did not answer: ${publicMessage}`;
}

type Content = Readonly<Record<string, unknown>>;
type Writer = (content: never) => string;

const line = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS - 1)}…` : text;
};

const list = (items: readonly unknown[], write: (item: never) => string): string => {
  const lines = items.slice(0, LINES_MAX).map((item) => `- ${line(write(item as never))}`);
  const more = items.length - lines.length;
  return [...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
};

const pairs = (row: Content): string =>
  Object.entries(row)
    .map(([name, value]) => `${name} ${value === null ? '–' : JSON.stringify(value)}`)
    .join(', ');

interface GenieContent {
  readonly text?: string;
  readonly rows: readonly Content[];
}

const WRITERS: Partial<Record<Step['tool'], Writer>> = {
  check_identity: ({
    principal,
    allowed_tools: tools,
  }: {
    principal: { role: string | null };
    allowed_tools: string[];
  }) => `You are ${principal.role ?? 'yourself'} and may call ${tools.join(', ')}.`,
  get_region_summary: ({ rows }: { rows: Content[] }) => list(rows, pairs),
  genie_query: ({ text = '', rows }: GenieContent) =>
    [text, list(rows, pairs)].filter((part) => part !== '').join('\n'),
  query_knowledge_base: ({ results }: { results: { title: string; snippet: string }[] }) =>
    results.length === 0
      ? 'No document fits.'
      : list(results, ({ title, snippet }: { title: string; snippet: string }) => `${title}: ${snippet}`),
  query_audit_log: ({ rows }: { rows: Content[] }) =>
    list(rows, (row: Content) =>
      [row['occurred_at'], row['human_email'], row['tool'] ?? row['kind'], row['status']].join(' '),
    ),
  github_search: ({ total, items }: { total: number; items: { title: string; url: string }[] }) =>
    total === 0
      ? 'GitHub has nothing that fits.'
      : list(items, ({ title, url }: { title: string; url: string }) => `${title} (${url})`),
  external_api_call: ({ status, body }: { status: number; body: string }) => `HTTP ${status}: ${line(body)}`,
};
