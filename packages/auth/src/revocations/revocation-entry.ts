import { z } from 'zod';
import type { Revocable } from '../revocable.ts';

const text = z.string().min(1).max(2000);

const revocable = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('human'), issuer: text, subject: text }),
  z.strictObject({ kind: z.literal('agent'), id: text }),
  z.strictObject({ kind: z.literal('token'), id: text }),
  z.strictObject({ kind: z.literal('role'), role: text }),
]);

const entry = z.strictObject({ what: revocable, reason: text });

type Entry = z.infer<typeof entry>;

export function writeEntry({ what, reason }: Entry): string {
  return JSON.stringify({ what: ordered(what), reason });
}

/** Throws when the store holds something else: a revocation that cannot be read must not go unnoticed. */
export function readEntry(written: string): Entry {
  return entry.parse(JSON.parse(written));
}

/** The same thing always has the same key. */
export const keyOf = (what: Revocable): string => JSON.stringify(ordered(what));

function ordered(what: Revocable): Revocable {
  switch (what.kind) {
    case 'human':
      return { kind: what.kind, issuer: what.issuer, subject: what.subject };
    case 'role':
      return { kind: what.kind, role: what.role };
    case 'agent':
    case 'token':
      return { kind: what.kind, id: what.id };
  }
}
