import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';

/** The stateless revision: each request says everything about itself. */
export const MODERN = '2026-07-28';

/** Revisions before it, all on one server. */
export const LEGACY = SUPPORTED_PROTOCOL_VERSIONS;
