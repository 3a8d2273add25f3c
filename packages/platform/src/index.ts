export type {
  Platform,
  PlatformHealth,
  PlatformSession,
  QueryOptions,
  RequestContext,
  SqlValue,
  Statement,
} from './platform.ts';
