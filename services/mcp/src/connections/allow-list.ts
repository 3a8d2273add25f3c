import type { OutsideCall } from '@causeway/platform';

/** Whether one of the rules, such as `GET /search/*`, names this method and path. `*` at the end stands for anything. */
export function allows(rules: readonly string[], { method, path }: Pick<OutsideCall, 'method' | 'path'>): boolean {
  const asked = `${method} ${path.startsWith('/') ? path : `/${path}`}`;
  return rules.some((rule) => (rule.endsWith('*') ? asked.startsWith(rule.slice(0, -1)) : asked === rule));
}
