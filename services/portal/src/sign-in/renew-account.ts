import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import type { Account, Accounts } from './accounts.ts';
import type { SignIn } from './sign-in.ts';

export interface RenewDeps {
  readonly accounts: Accounts;
  readonly signIn: Pick<SignIn, 'renew'>;
  readonly now: () => number;
}

/** Two applications of one person that refresh at once ask the provider once. */
const FRESH_MS = 10_000;
const WAITS = 40;
const WAIT_MS = 250;

/** The account as its provider sees it now; undefined when the provider says that this person is out. */
export async function renewAccount({ accounts, signIn, now }: RenewDeps, id: string): Promise<Account | undefined> {
  const renew = async (): Promise<Account | undefined> => {
    const account = await accounts.find(id);
    if (account === undefined || account.isOver) return undefined;
    if (account.refreshToken === undefined || now() - account.renewedAt < FRESH_MS) return account;
    const renewed = await signIn.renew(account.human.idp, account);
    // Whoever is off-boarded there is out here.
    if (renewed === undefined) {
      await accounts.end(account);
      return undefined;
    }
    return accounts.find(await accounts.save(renewed));
  };
  for (let wait = 0; wait < WAITS; wait++) {
    const result = await accounts.withLock(id, renew);
    if (result !== 'busy') return result;
    await delay(WAIT_MS);
  }
  throw new AppError('upstream_timeout', 'the provider does not answer whether the person is still there');
}
