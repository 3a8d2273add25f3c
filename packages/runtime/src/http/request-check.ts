import type { IncomingMessage } from 'node:http';

/** Throws what is refused before any route is looked for. */
export type RequestCheck = (request: IncomingMessage) => void;
