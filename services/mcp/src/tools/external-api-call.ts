import { z } from 'zod';
import { textBody } from '../connections/text-body.ts';
import { defineTool } from '../call/define-tool.ts';

const BODY_CHARS_MAX = 256 * 1024;

export const externalApiCall = defineTool({
  name: 'external_api_call',
  title: 'Call an outside API',
  description:
    'Calls an outside API by the name of its connection. The connection holds the host and the credential, and says which methods and paths may be called.',
  input: z.strictObject({
    connection: z.string().min(1).max(41).describe('Name of the connection, such as orders.'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: z.string().max(2048).describe('Path below the base of the connection, such as /orders.'),
    query: z.record(z.string().max(200), z.string().max(2000)).optional(),
    body: z.json().optional().describe('Sent as JSON.'),
  }),
  output: z.object({
    status: z.number(),
    content_type: z.string(),
    body: z.string(),
    truncated: z.boolean().describe('Whether the body was cut at 256 KiB.'),
  }),
  scope: 'connections',
  effect: 'write outside',
  audit: ({ connection, method, path }) => ({ connection, method, path }),
  textCharsMax: BODY_CHARS_MAX,
  run: async ({ connection, ...call }, { connections }) => {
    const response = await connections.request(connection, call);
    const { status, headers, truncated } = response;
    return { status, content_type: headers['content-type'] ?? '', body: textBody(response), truncated };
  },
});
