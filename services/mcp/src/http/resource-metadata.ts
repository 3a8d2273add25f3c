import { SCOPES } from '@causeway/core';
import type { RequestHandler } from 'express';

export interface ResourceMetadata {
  /** The audience of principal tokens. */
  readonly resource: string;
  readonly authorizationServer: string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** RFC 9728 §3.1: the path of the resource comes after the well-known one. Older clients look at the root. */
export const METADATA_PATHS = [`${WELL_KNOWN}/mcp`, WELL_KNOWN] as const;

export const metadataUrl = (publicUrl: string): string => `${publicUrl}${METADATA_PATHS[0]}`;

/** RFC 9728 §2: where tokens for this resource come from. */
export function serveMetadata({ resource, authorizationServer }: ResourceMetadata): RequestHandler {
  const document = {
    resource,
    authorization_servers: [authorizationServer],
    scopes_supported: SCOPES,
    bearer_methods_supported: ['header'],
    resource_name: 'Causeway',
  };
  return (_request, response) => {
    response.json(document);
  };
}
