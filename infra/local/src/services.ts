import type { ServiceSpec } from './child-service.ts';
import type { LocalEnvironment, StackPlace } from './local-environment.ts';

/** The services in the order they start; each gets only the settings it needs. */
export function listServices(_place: StackPlace, _environment: LocalEnvironment): readonly ServiceSpec[] {
  return [];
}
