export type Report = (error: unknown) => void;

const EVERY_MS = 10_000;
const KINDS_MAX = 100;

/** While a server is down the same error comes many times a second: of each kind one in ten seconds is passed on. */
export function reportSparingly(report: Report, now: () => number = () => performance.now()): Report {
  const last = new Map<string, number>();
  return (error) => {
    const kind = kindOf(error);
    if (now() - (last.get(kind) ?? -Infinity) < EVERY_MS) return;
    if (last.size >= KINDS_MAX) last.clear();
    last.set(kind, now());
    report(error);
  };
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${'code' in error ? String(error.code) : error.message.slice(0, 100)}`;
}
