import { type Caller, Secret } from '@causeway/core';
import type { CallParams, McpRequest, ToolHost } from '../tool-host.ts';

const definition = (name: string) => ({
  name,
  description: name,
  inputSchema: { type: 'object' as const },
  outputSchema: { type: 'object' as const },
});

/** Two tools without anything behind them: one says back what it got, one throws what nobody may read. */
export function echoHost(
  answer: (params: CallParams, request: McpRequest) => object | Promise<object> = echoed,
): ToolHost {
  return {
    list: () => [definition('echo'), definition('fail')],
    has: (name) => name === 'echo' || name === 'fail',
    call: async (params, request) => {
      if (params.name === 'fail') throw new Error('SELECT secret FROM /etc/passwd');
      const content = { ...(await answer(params, request)) };
      return { content, json: JSON.stringify(content), isError: false };
    },
  };
}

const echoed = (params: CallParams) => ({ arguments: params.arguments ?? null });

export function testRequest(requestId = 'request-1'): McpRequest {
  const principal = { id: 'principal', role: undefined, groups: [] };
  const caller = { tokenId: requestId, principal } as Partial<Caller> as Caller;
  return { caller, credential: new Secret('token'), clientId: 'client', requestId };
}
