interface ToolCall {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly name: string; readonly arguments: { readonly name: string } };
}

/** What both JSON-RPC floors do with a call: look at the method and the tool, and answer from the arguments. */
export function helloAnswer({ id, method, params }: ToolCall): object {
  if (method !== 'tools/call' || params.name !== 'hello') {
    return { jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method or tool' } };
  }
  return { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: `hello ${params.arguments.name}` }] } };
}
