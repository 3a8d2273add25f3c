import { tenantClaim } from './claim-presets.ts';
import type { Draft } from './draft.ts';
import { AT_KEY, KEY_WARNING, type PolicyCheck, type Report, WARNING } from './policy-check.ts';
import type { PathSegment } from './problem.ts';
import type { Provider } from './schema.ts';

/** Who proves people: no two parties may be taken for one another, and each kind has what it needs. */
export function checkProviders(check: PolicyCheck): void {
  checkUnique(check);
  check.draft.providers.forEach((provider, index) => {
    if (provider === undefined) return;
    checkKind(check, provider, index);
    checkPrecedence(check, provider, index);
  });
  checkHumans(check);
  check.draft.revoked.humans.forEach(({ issuer }, index) => {
    const known = [...check.draft.providers.map((provider) => provider?.issuer), check.draft.workspace?.issuer];
    if (known.includes(issuer)) return;
    const message = 'is the issuer of no provider here: the revocation holds for nobody';
    check.report(['revoked', 'humans', index, 'issuer'], message, WARNING);
  });
}

function checkUnique({ draft, report }: PolicyCheck): void {
  const seen = new Map<string, string>();
  const once = (path: readonly PathSegment[], kind: string, value: string) => {
    const key = `${kind} ${value}`;
    const first = seen.get(key);
    if (first !== undefined) report(path, `${first} has the same ${kind}: each provider needs its own`);
    else seen.set(key, path[0] === 'workspace' ? 'the workspace' : `provider "${idOf(draft, path[1])}"`);
  };
  draft.providers.forEach((provider, index) => {
    if (provider === undefined) return;
    once(['providers', index, 'id'], 'id', provider.id);
    // Issuers are compared exactly (RFC 7519 §4.1.1); ones that only look alike are a trap for whoever reads the policy.
    once(['providers', index, 'issuer'], 'issuer', looseIssuer(provider.issuer));
  });
  if (draft.workspace !== undefined) {
    once(['workspace', 'issuer'], 'issuer', looseIssuer(draft.workspace.issuer));
    const index = draft.providers.findIndex((provider) => provider?.id === 'workspace');
    if (index >= 0) report(['providers', index, 'id'], 'is the name of the platform’s own issuer: choose another');
  }
}

const idOf = (draft: Draft, index: PathSegment | undefined) => draft.providers[Number(index)]?.id ?? '';

const looseIssuer = (issuer: string) => issuer.toLowerCase().replace(/\/+$/, '');

function checkKind({ report }: PolicyCheck, provider: Provider, index: number): void {
  const { kind, tenant } = provider;
  const at = ['providers', index] as const;
  if (kind === 'entra' && tenant === undefined) {
    report([...at, 'kind'], 'Entra signs for every tenant with the same keys: set `tenant` to the directory id');
  }
  if (kind === 'auth0' && provider.roleClaim === undefined) {
    report([...at, 'kind'], 'Auth0 has no role claim of its own: set `roleClaim` to the namespaced claim');
  }
  if (tenant !== undefined && tenantClaim(provider) === undefined) {
    report(
      [...at, 'tenant'],
      'a provider of kind "oidc" has no tenant claim that could be pinned: remove it, or say the kind',
    );
  }
  if (Object.keys(provider.roles).length === 0) {
    report([...at, 'roles'], 'no claim means a role: nobody can come from here', KEY_WARNING);
  }
  checkIssuer(report, provider, [...at, 'issuer']);
}

/** Slash at the end or not: the tokens say, and the comparison is exact. */
const ISSUER_ENDS_WITH_SLASH: Readonly<Record<Provider['kind'], boolean | undefined>> = {
  auth0: true,
  okta: false,
  entra: false,
  oidc: undefined,
};

function checkIssuer(report: Report, { kind, issuer }: Provider, path: readonly PathSegment[]): void {
  const slash = ISSUER_ENDS_WITH_SLASH[kind];
  if (slash !== undefined && issuer.endsWith('/') !== slash) {
    const message = `issuers of kind "${kind}" ${slash ? 'end' : 'do not end'} with "/": its tokens will not match this`;
    report(path, message, WARNING);
  }
  if (/[?#]/.test(issuer)) report(path, 'must have no query and no fragment (RFC 8414 §2)');
}

function checkPrecedence({ draft, report }: PolicyCheck, provider: Provider, index: number): void {
  const reachable = new Set(Object.values(provider.roles));
  const unordered = [...reachable].filter((role) => !draft.precedence.includes(role));
  if (reachable.size < 2 || unordered.length === 0) return;
  const message = `who has several of these roles is refused, because \`precedence\` does not name ${unordered.join(', ')}`;
  report(['providers', index, 'roles'], message, KEY_WARNING);
}

function checkHumans({ draft, report }: PolicyCheck): void {
  const domains = new Map(
    draft.providers.flatMap((it) => it?.emailDomains.map((domain) => [domain, it.id] as const) ?? []),
  );
  for (const email of Object.keys(draft.workspace?.humans ?? {})) {
    const path = ['workspace', 'humans', email];
    if (email !== email.toLowerCase()) report(path, 'must be in lower case: e-mails are compared so', AT_KEY);
    const provider = domains.get(email.slice(email.lastIndexOf('@') + 1).toLowerCase());
    if (provider === undefined) continue;
    report(path, `provider "${provider}" may assert e-mails of this domain: it could name this person`, KEY_WARNING);
  }
  checkAdmission({ draft, report });
  checkSharedDomains({ draft, report });
}

/** Said aloud: one word of the policy opens the door to a whole workspace, or shuts it for all. */
function checkAdmission({ draft, report }: Pick<PolicyCheck, 'draft' | 'report'>): void {
  const { workspace } = draft;
  if (workspace === undefined) return;
  if (workspace.admits === 'everybody') {
    const message =
      'on Databricks everybody is let in whom the workspace gives a token; elsewhere only who is in `humans`';
    report(['workspace', 'admits'], message, WARNING);
  } else if (Object.keys(workspace.humans).length === 0) {
    report(['workspace'], 'none of the platform’s own people is let in: `humans` names nobody', KEY_WARNING);
  }
}

function checkSharedDomains({ draft, report }: Pick<PolicyCheck, 'draft' | 'report'>): void {
  const owners = new Map<string, string>();
  draft.providers.forEach((provider, index) => {
    provider?.emailDomains.forEach((domain, position) => {
      const owner = owners.get(domain);
      const message = `provider "${owner}" may assert e-mails of this domain too: one could name the other’s people`;
      if (owner !== undefined) report(['providers', index, 'emailDomains', position], message, WARNING);
      owners.set(domain, provider.id);
    });
  });
}
