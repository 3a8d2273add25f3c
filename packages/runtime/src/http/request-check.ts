import type { IncomingMessage, ServerResponse } from 'node:http';

/** Stands before every route, and throws what no route may see. */
export type RequestCheck = (request: IncomingMessage, response: ServerResponse) => void;
