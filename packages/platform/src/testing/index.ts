export { POSTGRES_KINDS, type PostgresKind, startTestPostgres, type TestPostgres } from './postgres-server.ts';
