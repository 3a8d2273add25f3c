import type { Secret } from '@causeway/core';
import { Redis } from 'ioredis';

const COMMAND_MS = 3000;

/** What it can do is tried where it does nothing: at keys that nobody has. */
const OF_PORTAL = ['GET', 'causeway:portal:entry:'];
const OF_MCP = ['GET', 'causeway:calls:'];
const OF_NOBODY = ['CONFIG', 'GET', 'maxmemory-policy'];

/** Why a Redis login may do more than any one of the services needs. Empty when it may not. */
export async function redisLoginProblems(url: Secret): Promise<string[]> {
  const redis = new Redis(url.reveal(), {
    lazyConnect: true,
    connectTimeout: COMMAND_MS,
    commandTimeout: COMMAND_MS,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const [portal, mcp, nobody] = await Promise.all([OF_PORTAL, OF_MCP, OF_NOBODY].map((words) => may(redis, words)));
    return [
      ...(portal === true && mcp === true ? ['reaches the portal’s accounts and grants, and mcp’s windows too'] : []),
      ...(nobody === true ? ['may read the settings of the server'] : []),
    ];
  } finally {
    redis.disconnect();
  }
}

async function may(redis: Redis, [command = '', ...args]: readonly string[]): Promise<boolean> {
  try {
    await redis.call(command, ...args);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return false;
    throw error;
  }
}
