import { z } from 'zod';

export const queryTags = z.array(z.object({ key: z.string(), value: z.string().nullish() })).max(20);

export type QueryTags = ReadonlyMap<string, string>;

/** What the query history of a workspace shows, the engine here is told by its settings. */
export function settingsOf(principal: string, tags: QueryTags): Record<string, string> {
  const request = tags.get('request_id');
  const caller = {
    request,
    principal,
    agent: tags.get('agent'),
    issuer: tags.get('human_issuer'),
    subject: tags.get('human_subject'),
  };
  return {
    application_name: `cw:${request ?? ''}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 63),
    'causeway.human_email': tags.get('human_email') ?? '',
    'causeway.caller': JSON.stringify(caller),
  };
}
