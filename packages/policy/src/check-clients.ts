import { isLoopbackUrl } from './host.ts';
import { own } from './own.ts';
import { KEY_WARNING, noSuch, type PolicyCheck, type Report, WARNING } from './policy-check.ts';
import type { Policy } from './schema.ts';

type Client = Policy['clients'][string];

/** The one client that may exchange a principal token for a platform assertion. */
const PLATFORM_CLIENT = 'causeway-mcp';

/** OAuth clients and agents: each can prove itself the way it says, and is sent back only to where it should be. */
export function checkClients(check: PolicyCheck): void {
  const { draft, report } = check;
  for (const [id, client] of Object.entries(draft.clients)) {
    checkProof(id, client, report);
    checkRedirects(id, client, report);
    if (client.grants.includes('jwt_bearer') && !draft.idJag.some((issuer) => issuer?.clients.includes(id))) {
      report(['clients', id, 'grants'], '`jwt_bearer` opens nothing until `idJag` names this client', WARNING);
    }
  }
  const platformClient = own(draft.clients, PLATFORM_CLIENT);
  if (platformClient !== undefined && platformClient.auth !== 'private_key_jwt') {
    report(
      ['clients', PLATFORM_CLIENT],
      'speaks for every caller to the platform: it must use `auth: private_key_jwt`',
    );
  }
  checkAgents(check);
  checkIdJag(check);
}

function checkProof(id: string, client: Client, report: Report): void {
  const at = (key: string) => ['clients', id, key];
  const needs = { none: undefined, secret: 'secretFile', private_key_jwt: 'jwksFile' } as const;
  for (const key of ['secretFile', 'jwksFile'] as const) {
    const needed = needs[client.auth] === key;
    if (needed && client[key] === undefined)
      report(['clients', id], `with \`auth: ${client.auth}\` it must have \`${key}\``);
    if (!needed && client[key] !== undefined) report(at(key), `is not used with \`auth: ${client.auth}\`: remove it`);
  }
  if (client.auth === 'none' && client.grants.includes('client_credentials')) {
    report(
      at('grants'),
      'a public client has no credentials (RFC 6749 §4.4): set `auth`, or remove `client_credentials`',
    );
  }
  if (client.auth === 'none' && client.grants.includes('jwt_bearer')) {
    report(
      at('grants'),
      'an identity assertion is bound to a client that proves itself: set `auth`, or remove `jwt_bearer`',
    );
  }
}

function checkRedirects(id: string, { grants, redirects }: Client, report: Report): void {
  const hasCode = grants.includes('authorization_code');
  if (hasCode && redirects.length === 0)
    report(['clients', id], '`authorization_code` needs at least one of `redirects`');
  if (!hasCode && redirects.length > 0) {
    report(['clients', id, 'redirects'], 'are not used without the grant `authorization_code`', KEY_WARNING);
  }
  redirects.forEach((redirect, index) => {
    const wrong = redirectProblem(redirect);
    if (wrong !== undefined) report(['clients', id, 'redirects', index], wrong);
  });
}

function redirectProblem(redirect: string): string | undefined {
  if (redirect.includes('#')) return 'must have no fragment (RFC 6749 §3.1.2)';
  if (redirect.includes('*')) return 'must be written out: redirects are matched exactly, "*" stands for nothing';
  const { protocol, username, password } = new URL(redirect);
  if (username !== '' || password !== '') return 'must not hold a user name or password';
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:') {
    return isLoopbackUrl(redirect) ? undefined : 'plain http is for loopback only (RFC 8252 §7.3): use https';
  }
  return protocol.includes('.') ? undefined : 'a scheme of one’s own must be a reversed domain name (RFC 8252 §7.1)';
}

function checkAgents({ draft, names, report }: PolicyCheck): void {
  const owners = new Map<string, string>();
  for (const [name, agent] of Object.entries(draft.agents)) {
    const at = (key: string) => ['agents', name, key];
    const client = own(draft.clients, agent.client);
    const owner = owners.get(agent.client);
    if (owner !== undefined) report(at('client'), `is the client of agent "${owner}" too: each agent needs its own`);
    owners.set(agent.client, name);
    if (!names.clients.has(agent.client)) report(at('client'), noSuch('client', agent.client, names.clients));
    if (client !== undefined) checkAgentClient(name, agent, { client, report });
    const roleScopes = own(draft.roles, agent.role)?.scopes ?? agent.scopes;
    agent.scopes.forEach((scope, index) => {
      if (roleScopes.includes(scope)) return;
      report(['agents', name, 'scopes', index], `is never given: the role "${agent.role}" does not have it`, WARNING);
    });
  }
}

function checkAgentClient(
  name: string,
  agent: Policy['agents'][string],
  { client, report }: { client: Client; report: Report },
): void {
  const path = ['agents', name, 'client'];
  if (client.auth === 'none')
    report(path, `the client "${agent.client}" is public: an agent must prove itself, set its \`auth\``);
  if (!client.grants.includes('client_credentials')) {
    report(path, `the client "${agent.client}" must have the grant \`client_credentials\``);
  }
  for (const grant of ['authorization_code', 'jwt_bearer'] as const) {
    if (!client.grants.includes(grant)) continue;
    const why = 'that token would be the person’s own, without the agent’s limits';
    report(path, `the client "${agent.client}" must not have the grant \`${grant}\`: ${why}`);
  }
  if (agent.mayActFor.length > 0 && !client.grants.includes('token_exchange')) {
    report(path, `to act for somebody, the client "${agent.client}" must have the grant \`token_exchange\``);
  }
}

function checkIdJag({ draft, names, report }: PolicyCheck): void {
  draft.idJag.forEach((issuer, index) => {
    if (issuer === undefined) return;
    if (!names.providers.has(issuer.provider)) {
      report(['idJag', index, 'provider'], noSuch('provider', issuer.provider, names.providers));
    }
    issuer.clients.forEach((id, position) => {
      const path = ['idJag', index, 'clients', position];
      if (!names.clients.has(id)) report(path, noSuch('client', id, names.clients));
      const client = own(draft.clients, id);
      if (client === undefined || client.grants.includes('jwt_bearer')) return;
      report(path, `the client "${id}" must have the grant \`jwt_bearer\``);
    });
  });
}
