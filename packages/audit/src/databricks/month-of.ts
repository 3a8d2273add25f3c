import { AppError } from '@causeway/core';
import { eventIdTime } from '../record/event-id.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The partition of an event. A day ahead is what clocks may differ by; ids beyond that would make partitions without end. */
export function monthOf(eventId: string, now: Date): string {
  const at = eventIdTime(eventId);
  if (!(at >= Date.UTC(2024, 0, 1) && at <= now.getTime() + DAY_MS)) {
    throw new AppError('invalid_request', 'the event id is of a month that cannot be');
  }
  return new Date(at).toISOString().slice(0, 7);
}
