export { inPostgres } from './delta-on-postgres.ts';
export { type RedisLogin, startTestRedis, type TestRedis } from './redis-server.ts';
export { newSigningKey } from './signing-key.ts';
export { shrinkDisk } from './small-disk.ts';
export { WANDA } from './wanda.ts';
