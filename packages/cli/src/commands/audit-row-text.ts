import type { StoredRow } from '@causeway/audit';
import { plainJson } from '@causeway/runtime';

/** A row as JSON has it: every column of the contract. */
export function rowObject({
  record,
  chain,
  chainSeq,
  prevHash,
  hash,
  storedAt,
}: StoredRow): Readonly<Record<string, unknown>> {
  return {
    ...record,
    chain,
    chain_seq: chainSeq,
    prev_hash: prevHash.toString('hex'),
    hash: hash.toString('hex'),
    stored_at: storedAt,
  };
}

/** A row as one line of JSON, which no terminal obeys. */
export const rowJson = (row: StoredRow): string => plainJson(JSON.stringify(rowObject(row)));

/** One line for a person. What came from outside must not steer the terminal. */
export function rowLine({ record }: StoredRow): string {
  const { occurred_at, kind, status, human_email, agent, principal_id, tool, error_code, reason, latency_ms } = record;
  const parts = [
    occurred_at,
    status.padEnd(13),
    kind,
    human_email ?? agent ?? principal_id ?? '–',
    tool ?? '',
    error_code === null ? '' : `${error_code}: ${reason ?? ''}`,
    latency_ms === null ? '' : `${latency_ms} ms`,
  ];
  return parts
    .filter((part) => part !== '')
    .join('  ')
    .replaceAll(/\p{C}/gu, '?');
}

// What a spreadsheet takes for the begin of a formula, the wide forms too (OWASP, CSV injection).
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
// Where a cell ends for a spreadsheet that splits at semicolons or tabs, which then pays no heed to quotes in the middle.
const INNER_FORMULA = /([;\t]["'\s]*)(?=[=+\-@＝＋－＠])/g;
/** But tab and line feeds. */
const CONTROL = /(?![\t\r\n])\p{Cc}|\p{Cf}/gu;

/** RFC 4180. A cell that a spreadsheet would run begins with an apostrophe. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = typeof value === 'number' ? text : plainText(text);
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function plainText(text: string): string {
  const shown = text.replaceAll(CONTROL, '\ufffd').replaceAll(INNER_FORMULA, "$1'");
  return FORMULA.test(shown) ? `'${shown}` : shown;
}
