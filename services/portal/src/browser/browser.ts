import type { RecordAttempt } from '../attempt/record-attempt.ts';
import type { RegisteredClients } from '../clients/registered-clients.ts';
import type { Connections } from '../consent/connections.ts';
import type { Consents } from '../consent/consents.ts';
import type { Identity } from '../identity/identity.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import type { Interactions } from '../provider/interactions.ts';
import type { Accounts } from '../sign-in/accounts.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { CookieJar } from './cookies.ts';
import type { Sealer } from './sealer.ts';
import type { Sessions } from './sessions.ts';

/** What the pages stand on. */
export interface Browser {
  readonly publicUrl: string;
  readonly identity: Identity;
  readonly cookies: CookieJar;
  readonly sealer: Sealer;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly signIn: SignIn;
  readonly consents: Consents;
  readonly connections: Connections;
  readonly interactions: Interactions;
  readonly registered: Pick<RegisteredClients, 'keep'>;
  readonly limits: TokenLimits;
  readonly record: RecordAttempt;
  readonly now: () => number;
}
