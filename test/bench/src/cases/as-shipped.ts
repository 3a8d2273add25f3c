import { MALLOC_ENVIRONMENT, NODE_FLAGS } from '@causeway/local/node-flags';

/** A service is measured as `npm start` and the images run it. */
export const AS_SHIPPED = { nodeFlags: NODE_FLAGS, environment: MALLOC_ENVIRONMENT };
