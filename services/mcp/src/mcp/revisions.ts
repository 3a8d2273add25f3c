/** The stateless revision: each request says everything about itself. */
export const MODERN = '2026-07-28';
