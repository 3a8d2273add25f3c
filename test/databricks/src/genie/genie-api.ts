import { randomUUID } from 'node:crypto';
import { AppError } from '@causeway/core';
import { z } from 'zod';
import { ApiError, doesNotExist, json } from '../http/answer.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import type { Principal } from '../oauth/principal.ts';
import { Statement } from '../sql/statement.ts';
import type { Warehouse } from '../sql/warehouse.ts';
import { askAnalyst, type AnalystWorkDeps, callerOf } from './analyst-work.ts';
import { GenieMessage } from './genie-message.ts';

export interface GenieSettings {
  readonly spaceId: string;
  readonly paceMs: number;
  /** Workspaces before August 2026 do not say what a text of an answer is for. May be changed while it runs. */
  saysPurpose: boolean;
  /** For whom `is_member()` answers when one of the workspace's own people asks: for them, or for Genie. May be changed while it runs. */
  groupsOf: 'caller' | 'service';
}

export interface GenieDeps extends AnalystWorkDeps {
  readonly warehouse: Warehouse;
  readonly settings: GenieSettings;
}

interface Conversation {
  readonly id: string;
  readonly owner: string;
  readonly title: string;
  readonly createdAt: number;
  readonly messages: Map<string, GenieMessage>;
}

const SCOPE = ['genie', 'dashboards.genie'];
const SPACES = '/api/2.0/genie/spaces';
const MESSAGES = `${SPACES}/{space}/conversations/{conversation}/messages`;
const ATTACHMENT = `${MESSAGES}/{message}/attachments/{attachment}`;
const CONVERSATIONS_MAX = 1000;

const asked = z.object({ content: z.string().min(1), enable_visualization: z.boolean().nullish() });

/** The conversation API of one Genie space. */
export function genieRoutes(deps: GenieDeps): readonly Route[] {
  const space = new GenieSpace(deps);
  return [...askingRoutes(deps, space), ...answerRoutes(space)];
}

function askingRoutes(deps: GenieDeps, space: GenieSpace): readonly Route[] {
  return [
    {
      on: `GET ${SPACES}/{space}`,
      scope: SCOPE,
      async handle(request, principal) {
        await space.check(request, principal);
        return json({ space_id: deps.settings.spaceId, title: 'Sales', description: 'The governed sales data.' });
      },
    },
    {
      on: `POST ${SPACES}/{space}/start-conversation`,
      scope: SCOPE,
      async handle(request, principal) {
        const { content } = request.json(asked);
        await space.check(request, principal);
        const conversation = space.start(principal, content);
        const message = space.ask({ request, principal, conversation, content });
        const { id, title, createdAt } = conversation;
        return json({
          conversation_id: id,
          message_id: message.id,
          conversation: {
            id,
            conversation_id: id,
            space_id: deps.settings.spaceId,
            title,
            created_timestamp: createdAt,
          },
          message: message.toJson(),
        });
      },
    },
    {
      on: `POST ${MESSAGES}`,
      scope: SCOPE,
      async handle(request, principal) {
        const { content } = request.json(asked);
        await space.check(request, principal);
        const conversation = space.conversation(request, principal);
        return json(space.ask({ request, principal, conversation, content }).toJson());
      },
    },
  ];
}

function answerRoutes(space: GenieSpace): readonly Route[] {
  return [
    {
      on: `GET ${MESSAGES}/{message}`,
      scope: SCOPE,
      handle: (request, principal) => json(space.message(request, principal).toJson()),
    },
    {
      on: `GET ${ATTACHMENT}/query-result`,
      scope: SCOPE,
      handle(request, principal) {
        const { result, status } = space.attachment(request, principal);
        if (result === undefined) throw new ApiError(400, 'INVALID_STATE', `The message is ${status}.`);
        return json({ statement_response: result.response() });
      },
    },
    {
      on: `POST ${ATTACHMENT}/execute-query`,
      scope: SCOPE,
      handle(request, principal) {
        const statement = space.attachment(request, principal).executeAgain();
        if (statement === undefined) throw new ApiError(400, 'INVALID_STATE', 'The message has no query.');
        return json({ statement_response: statement.response() });
      },
    },
  ];
}

interface Asking {
  readonly request: ApiRequest;
  readonly principal: Principal;
  readonly conversation: Conversation;
  readonly content: string;
}

/** The conversations of the space; each belongs to its principal. */
class GenieSpace {
  readonly #conversations = new Map<string, Conversation>();
  readonly #deps: GenieDeps;

  constructor(deps: GenieDeps) {
    this.#deps = deps;
  }

  /** Whoever may not use the space does not learn that there is one (seen in AppKit). CAN RUN is the engine's grant of the tool. */
  async check(request: ApiRequest, principal: Principal): Promise<void> {
    const missing = doesNotExist(`Unable to get space [${request.param('space')}].`);
    if (request.param('space') !== this.#deps.settings.spaceId || principal.caller === undefined) throw missing;
    const session = await this.#deps.platform.open(callerOf(principal), { requestId: 'genie' });
    try {
      await session.query({ name: 'genie.open', text: 'SELECT causeway.genie_query()', values: [], row: z.unknown() });
    } catch (error) {
      throw error instanceof AppError && error.code === 'access_denied' ? missing : error;
    }
  }

  start({ name }: Principal, content: string): Conversation {
    if (this.#conversations.size >= CONVERSATIONS_MAX) {
      const [oldest] = this.#conversations.keys();
      this.#conversations.delete(oldest ?? '');
    }
    const id = randomUUID().replaceAll('-', '');
    const createdAt = this.#deps.workspace.now();
    const conversation = { id, owner: name, title: content.slice(0, 80), createdAt, messages: new Map() };
    this.#conversations.set(id, conversation);
    return conversation;
  }

  ask({ request, principal, conversation, content }: Asking): GenieMessage {
    const { settings, workspace, warehouse } = this.#deps;
    const plan = [...conversation.messages.values()]
      .map((earlier) => earlier.plan)
      .findLast((one) => one !== undefined);
    const message = new GenieMessage({
      place: { space: settings.spaceId, conversation: conversation.id, owner: principal.name, content },
      now: workspace.now,
      paceMs: settings.paceMs,
      saysPurpose: settings.saysPurpose,
      outcome: request.effect?.kind === 'genie' ? request.effect.outcome : undefined,
      work: () =>
        askAnalyst(this.#deps, principal, {
          text: content,
          isInNoGroup: settings.groupsOf === 'service' && principal.caller?.pattern === 'obo',
          ...(plan !== undefined && { plan }),
        }),
      execute: (run) => warehouse.keep(new Statement(principal.name, { chunkBytes: Infinity }, run)),
    });
    conversation.messages.set(message.id, message);
    return message;
  }

  conversation(request: ApiRequest, { name }: Principal): Conversation {
    const conversation = this.#conversations.get(request.param('conversation'));
    if (conversation?.owner === name) return conversation;
    throw doesNotExist(`Conversation ${request.param('conversation')} does not exist.`);
  }

  message(request: ApiRequest, principal: Principal): GenieMessage {
    const message = this.conversation(request, principal).messages.get(request.param('message'));
    if (message === undefined) throw doesNotExist(`Message ${request.param('message')} does not exist.`);
    return message;
  }

  attachment(request: ApiRequest, principal: Principal): GenieMessage {
    const message = this.message(request, principal);
    if (message.attachmentId === request.param('attachment')) return message;
    throw doesNotExist(`Attachment ${request.param('attachment')} does not exist.`);
  }
}
