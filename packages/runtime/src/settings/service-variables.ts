import { LOG_LEVELS, type LogLevel } from '../logging/create-logger.ts';
import type { Networks } from '../network/networks.ts';
import { integer, type ListenAddress, listenAddress, networks, oneOf } from './plain-variables.ts';
import { optional, type Variable } from './variable.ts';

/** What a service needs to be told to serve HTTP. Environments are shared, so each service has its own listen variable. */
export interface ServiceVariables {
  readonly listen: Variable<ListenAddress>;
  readonly adminListen: Variable<ListenAddress | undefined>;
  readonly trustedProxies: Variable<Networks>;
  readonly drainDelaySeconds: Variable<number>;
  readonly logLevel: Variable<LogLevel>;
}

export function serviceVariables(listenName: string, port: number): ServiceVariables {
  return {
    listen: listenAddress(listenName, { description: 'Where the service listens.', default: `127.0.0.1:${port}` }),
    adminListen: optional(
      listenAddress('ADMIN_LISTEN', {
        description: 'Where /metrics and the detailed /health are served instead of on the main port.',
      }),
    ),
    trustedProxies: networks('TRUSTED_PROXIES', {
      description: 'Balancers whose X-Forwarded-For counts for the address of the client.',
      default: '',
    }),
    drainDelaySeconds: integer('DRAIN_DELAY_SECONDS', {
      description:
        'How long requests are still taken after SIGTERM: longer than the balancer needs to see that /readyz is 503.',
      default: '0',
      min: 0,
      max: 60,
    }),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, { description: 'The least level that is logged.', default: 'info' }),
  };
}
