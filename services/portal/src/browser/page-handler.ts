import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AppError, type ErrorCode, toAppError } from '@causeway/core';
import { HttpRefusal, readBody, requestContext } from '@causeway/runtime';
import { noteFailure } from '../attempt/note-failure.ts';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import type { Sealer } from './sealer.ts';
import type { Session } from './sessions.ts';
import { messagePage } from './pages/message.ts';
import { type Page, sendPage } from './pages/layout.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A browser gets a page, also when something goes wrong. The reason stays in the log. */
export function pageHandler(handle: Handle): Handle {
  return async (request, response) => {
    try {
      await handle(request, response);
    } catch (thrown) {
      const error = toAppError(thrown);
      noteFailure(response, error);
      if (response.headersSent) response.destroy();
      else sendPage(response, failurePage(error, requestContext(response).requestId));
    }
  };
}

/** What somebody reads of a failure. */
export const failurePage = (error: AppError, requestId: string): Page => messagePage({ ...wording(error), requestId });

interface Wording {
  readonly title: string;
  readonly text: string;
}

function wording(error: AppError): Wording & { readonly status: number } {
  if (error instanceof OAuthRefusal && error.denied) return { ...NOT_ACCEPTED, status: 400 };
  const status = error instanceof HttpRefusal ? error.status : (error.shape.http ?? 500);
  return { ...(WORDINGS[error.code] ?? { title: 'That did not work', text: error.publicMessage }), status };
}

const NOT_ACCEPTED: Wording = {
  title: 'You could not be signed in',
  text: 'The sign-in is not valid any more, or it is not accepted. Please begin again.',
};

const UNAVAILABLE: Wording = {
  title: 'Not available at the moment',
  text: 'Your company’s sign-in, or a part of this service, does not answer. Please try again soon.',
};

const WORDINGS: Partial<Record<ErrorCode, Wording>> = {
  access_denied: {
    title: 'No access',
    text: 'Your company proved who you are, but you have no role here. Ask your company’s administrator.',
  },
  rate_limited: { title: 'Too many requests', text: 'Please wait a minute and try again.' },
  upstream_unavailable: UNAVAILABLE,
  upstream_timeout: UNAVAILABLE,
  audit_unavailable: UNAVAILABLE,
};

/** Of forms that only this session can make use of. */
export const ANYTHING = 'form';

const FORM_BYTES_MAX = 16 * 1024;

export interface FormCheck {
  readonly sealer: Sealer;
  readonly publicUrl: string;
  readonly session: Session;
  /** What the form is about, where that is more than the session: a yes to one thing is none to another. */
  readonly about?: string;
}

/** A form that this portal gave to this very session, and that was sent from its own pages (CSRF). */
export async function readOwnForm(
  request: IncomingMessage,
  { sealer, publicUrl, session, about = ANYTHING }: FormCheck,
): Promise<URLSearchParams> {
  const form = new URLSearchParams((await readBody(request, FORM_BYTES_MAX)).toString('utf8'));
  const { origin } = request.headers;
  // With `no-referrer` a browser sends `null` for forms of our own pages.
  const isForeign = origin !== undefined && origin !== 'null' && origin !== publicUrl;
  if (isForeign || !sealer.isProof(form.get('csrf'), about, session.id)) {
    throw new HttpRefusal(400, 'the form is not one of ours for this session');
  }
  return form;
}
