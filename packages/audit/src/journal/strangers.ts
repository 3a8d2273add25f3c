import type { AuditEvent } from '../record/event.ts';

// These have no caller because the gateway itself speaks. Summaries are what keeps strangers within their share.
const OWN_KINDS: ReadonlySet<string> = new Set(['policy_change', 'key_rotation', 'refused_summary']);

/** Whether an event is about somebody who proved nothing. */
export const isStrangers = ({ caller, kind }: Pick<AuditEvent, 'caller' | 'kind'>): boolean =>
  caller === undefined && !OWN_KINDS.has(kind);

const NEWLINE = 0x0a;
/** More than stands before the pattern in any line: the request id is the longest, and each of its characters may be escaped. */
const HEAD_BYTES = 2048;
/** The columns come in the order of the record; `pattern` is null when there was no caller. */
const NO_CALLER =
  /"kind":"([a-z_]+)","request_id":"(?:[^"\\]|\\.)*","trace_id":(?:null|"[^"]*"),"service":"[^"]*","pattern":null,/;

/** How much of a segment that an earlier run left is about strangers. Lines are not parsed: there may be gigabytes (about one a second). */
export function strangersBytesIn(segment: Buffer): number {
  let bytes = 0;
  for (let start = 0; start < segment.length;) {
    const newline = segment.indexOf(NEWLINE, start);
    const end = newline === -1 ? segment.length : newline + 1;
    const [, kind] = NO_CALLER.exec(segment.toString('latin1', start, Math.min(end, start + HEAD_BYTES))) ?? [];
    if (kind !== undefined && !OWN_KINDS.has(kind)) bytes += end - start;
    start = end;
  }
  return bytes;
}
