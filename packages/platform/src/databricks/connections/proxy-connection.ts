import { AppError } from '@causeway/core';
import { type OutboundResponse, urlBelow } from '@causeway/runtime';
import { z } from 'zod';
import type { OutsideApi } from '../../platform.ts';
import type { WorkspaceCalls } from '../workspace-call.ts';

export interface ProxyConnection {
  /** Of a dependency of its own: an outside API that is down must not open the breaker of the workspace. */
  readonly calls: Pick<WorkspaceCalls, 'raw' | 'refusalOf'>;
  readonly name: string;
  /** `unity-catalog`. */
  readonly scope: string;
}

const ANSWER_BYTES_MAX = 256 * 1024;

/** An outside API through Unity Catalog's proxy, which holds the host and the credential and asks for USE CONNECTION on each call. */
export function proxyConnection({ calls, name, scope }: ProxyConnection): OutsideApi {
  // The host is replaced by the workspace's; what counts is that the path cannot leave this place.
  const base = `https://workspace.invalid/api/2.0/unity-catalog/connections/${encodeURIComponent(name)}/proxy`;
  return {
    async request({ method, path, query, body }, { signal, timeoutMs } = {}) {
      const { pathname, search } = urlBelow(base, path, query);
      const response = await calls.raw({
        method,
        path: `${pathname}${search}`,
        scope,
        headers: { accept: 'application/json, text/*;q=0.5' },
        redirects: 'refuse',
        bodyMaxBytes: ANSWER_BYTES_MAX,
        overflow: 'truncate',
        ...(body !== undefined && { body }),
        ...(signal !== undefined && { signal }),
        ...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
      });
      if (!isRefusal(response)) return response;
      const refusal = calls.refusalOf(response);
      if (refusal.code !== 'not_found') throw refusal;
      throw new AppError('access_denied', `the connection ${name} does not exist for this principal`, {
        cause: refusal,
      });
    },
  };
}

const WORKSPACE_STATUS = new Set([400, 401, 403, 404]);
const refusalBody = z.object({ error_code: z.union([z.string(), z.number()]), message: z.string() });

/**
 * Whether the workspace itself answered, and not the API behind it: by its own form of an error, and its words. An API that imitates it only has its
 * error shown as a refusal.
 */
function isRefusal({ status, body, truncated }: OutboundResponse): boolean {
  if (!WORKSPACE_STATUS.has(status) || truncated) return false;
  const parsed = refusalBody.safeParse(parseJson(body));
  return parsed.success && /connection|scope|credential|token/i.test(parsed.data.message);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
