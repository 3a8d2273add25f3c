import { AppError, type ErrorCode } from '@causeway/core';
import type { OutboundResponse } from '@causeway/runtime';
import type { WorkspaceCall, WorkspaceCalls } from '../workspace-call.ts';

type Reply = unknown;

const REFUSALS: Readonly<Record<number, ErrorCode>> = { 403: 'access_denied', 404: 'not_found' };

/** A workspace that answers by `METHOD path`, each answer once and the last one for ever; it keeps what it was asked. */
export function scriptedWorkspace(script: Readonly<Record<string, readonly Reply[]>>) {
  const asked: WorkspaceCall[] = [];
  const left = new Map(Object.entries(script).map(([place, replies]) => [place, [...replies]]));
  const next = (call: WorkspaceCall): Reply => {
    asked.push(call);
    const place = `${call.method ?? 'GET'} ${call.path}`;
    const replies = left.get(place);
    if (replies === undefined) throw new AppError('not_found', `nobody expected ${place}`);
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    if (reply instanceof Error) throw reply;
    return reply;
  };
  const calls: WorkspaceCalls = {
    json: async (call) => next(call),
    raw: async (call) => next(call) as OutboundResponse,
    refusalOf: ({ status }) => new AppError(REFUSALS[status] ?? 'upstream_rejected', `answered ${status}`),
  };
  return { calls, asked, places: () => asked.map(({ method = 'GET', path }) => `${method} ${path}`) };
}

/** Time that passes only when somebody sleeps. */
export function sleepingClock() {
  const sleeps: number[] = [];
  let now = 0;
  return {
    sleeps,
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms;
    },
  };
}

export const outboundText = (status: number, text: string, type = 'application/json'): OutboundResponse => ({
  status,
  headers: { 'content-type': type },
  body: new TextEncoder().encode(text),
  truncated: false,
});
