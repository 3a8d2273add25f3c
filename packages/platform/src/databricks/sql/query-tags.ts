import type { Caller } from '@causeway/core';
import type { RequestContext } from '../../platform.ts';

export interface QueryTag {
  readonly key: string;
  readonly value: string;
}

const VALUE_CHARS_MAX = 256;

/** For the query history of the workspace, which knows the principal only: which request it was, and for whom. */
export function queryTags({ human, agent }: Caller, { requestId }: Pick<RequestContext, 'requestId'>): QueryTag[] {
  const tags = {
    request_id: requestId,
    human_email: human?.email,
    human_issuer: human?.issuer,
    human_subject: human?.subject,
    agent: agent?.id,
  };
  return Object.entries(tags).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: value.replaceAll(/\p{C}/gu, '?').slice(0, VALUE_CHARS_MAX) }],
  );
}
