import type { IncomingMessage } from 'node:http';
import type { Account } from '../sign-in/accounts.ts';
import type { Browser } from './browser.ts';
import type { Session } from './sessions.ts';

export interface SignedInBrowser {
  readonly session: Session;
  readonly account: Account;
}

/** Who is at this browser; undefined when nobody is, or their provider said since that they are out. */
export async function signedIn(
  { sessions, accounts }: Pick<Browser, 'sessions' | 'accounts'>,
  request: IncomingMessage,
): Promise<SignedInBrowser | undefined> {
  const session = await sessions.find(request);
  const account = session && (await accounts.find(session.accountId));
  return session === undefined || account === undefined || account.isOver ? undefined : { session, account };
}
