import { AppError, Secret } from '@causeway/core';

/** A key that the worker takes batches by. */
export interface ProducerKey {
  readonly key: Secret;
  /** Whose events it may sign for. `undefined`: any service's. */
  readonly service?: string | undefined;
}

const LINE = /^([a-z][a-z0-9-]{0,62}):([^\s:]{32,})$/;

/**
 * Keys of services, `service:key`, one a line. A service may have several: while its key is changed, the worker knows the new one first, and the
 * old one until no journal of it is left.
 */
export function readProducerKeys(text: Secret): ProducerKey[] {
  const lines = text
    .reveal()
    .split('\n')
    .map((line) => line.trim());
  return lines.filter(Boolean).map((line) => {
    const [, service, key] = LINE.exec(line) ?? [];
    // The line itself is never quoted: it may be a key.
    if (service === undefined || key === undefined) {
      throw new AppError(
        'config_invalid',
        'producer keys are lines of `service:key`, each key of at least 32 characters',
      );
    }
    return { service, key: new Secret(key) };
  });
}
