import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError, type Caller } from '@causeway/core';
import type { ToolName } from '@causeway/policy';
import { z } from 'zod';
import type { HandleKeys } from './handle-keys.ts';

/** Whose conversation it is. */
interface ConversationOwner {
  readonly tool: ToolName;
  readonly caller: Caller;
}

export interface ConversationHandles {
  /** A handle that its owner can bring back until it is `lifetimeSeconds` old. */
  seal(owner: ConversationOwner, plan: unknown, lifetimeSeconds: number): string;
  /** The plan in it. Throws `not_found` for a handle that is changed, forged, somebody else's, or too old. */
  open(owner: ConversationOwner, handle: string): unknown;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PLAN_BYTES_MAX = 4096;

const content = z.object({ exp: z.number(), plan: z.unknown().optional() });

/**
 * A conversation travels in its handle, so that no replica keeps any. It is encrypted, because it holds what was asked; and bound to
 * the tool and to the human, agent and principal who began it, because a handle that is found must be of no use.
 */
export function createConversationHandles(keys: HandleKeys, now: () => number = Date.now): ConversationHandles {
  return {
    seal: (owner, plan, lifetimeSeconds) => {
      const [[id, key] = []] = keys;
      if (id === undefined || key === undefined)
        throw new AppError('internal', 'there is no key to seal a handle with');
      const text = JSON.stringify({ exp: now() + lifetimeSeconds * 1000, plan });
      if (text.length > PLAN_BYTES_MAX + 100) throw new AppError('internal', 'the plan of a conversation is over 4 KB');
      // NIST SP 800-38D §8.3: random nonces are good for 2^32 handles of one key.
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(bindingOf(owner, id));
      const sealed = [nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()];
      return `${id}.${Buffer.concat(sealed).toString('base64url')}`;
    },
    open: (owner, handle) => {
      const { exp, plan } = unseal(keys, owner, handle);
      if (exp <= now()) throw unknown('too old');
      return plan;
    },
  };
}

function unseal(keys: HandleKeys, owner: ConversationOwner, handle: string): z.infer<typeof content> {
  const [id = '', sealed = ''] = handle.split('.', 2);
  const key = keys.get(id);
  const bytes = Buffer.from(sealed, 'base64url');
  // One spelling for each handle: Node's decoder is lenient.
  if (key === undefined || `${id}.${bytes.toString('base64url')}` !== handle) throw unknown('not ours');
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) throw unknown('too short');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(bindingOf(owner, id))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return content.parse(JSON.parse(opened.toString()));
  } catch {
    throw unknown('changed, forged, or somebody else’s');
  }
}

/** Authenticated and not in the handle: whoever opens it must be the one whom it was sealed for. */
function bindingOf({ tool, caller: { human, agent, principal } }: ConversationOwner, keyId: string): Buffer {
  const parts = [keyId, tool, human?.issuer, human?.subject, agent?.id, principal.id, principal.role];
  return Buffer.from(JSON.stringify(parts.map((part) => part ?? null)));
}

const unknown = (why: string) => new AppError('not_found', `conversation handle: ${why}`);
