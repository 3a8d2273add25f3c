export { AppError, type AppErrorOptions, CallerGone, toAppError } from './app-error.ts';
export { type Agent, type Caller, callerKey, type Human, type Pattern, type Principal } from './caller.ts';
export { type ErrorCode, ERRORS, type ErrorShape, EXIT_CONFIG } from './errors.ts';
export { isScope, narrowScopes, type Scope, SCOPES } from './scope.ts';
export { Secret } from './secret.ts';
