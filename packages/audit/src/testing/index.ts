export { inPostgres } from './delta-on-postgres.ts';
export { startTestPostgres, type TestPostgres } from './postgres-server.ts';
export { type RedisLogin, startTestRedis, type TestRedis } from './redis-server.ts';
export { endProcess } from './server-process.ts';
export { newSigningKey } from './signing-key.ts';
export { shrinkDisk } from './small-disk.ts';
export { WANDA } from './wanda.ts';
