import { type Request, type Response, Router } from 'express';

import { REPOSITORIES, type Repository } from './partner-data.ts';
import { parseSearchQuery, scoreText, type SearchQuery } from './search-query.ts';

/** What one result can be asked for by a qualifier, and the text its terms are looked for in. */
interface Candidate {
  readonly text: string;
  readonly facets: Readonly<Record<string, readonly string[]>>;
  readonly render: (score: number) => Record<string, unknown>;
}

/** The search part of the GitHub REST API, over the demo partner's repositories. */
export function githubSearch(): Router {
  const router = Router();
  router.get('/search/repositories', search(REPOSITORIES.map(repositoryCandidate)));
  router.get('/search/issues', search(REPOSITORIES.flatMap(issueCandidates)));
  router.get('/search/code', search(REPOSITORIES.flatMap(fileCandidates)));
  return router;
}

function search(candidates: readonly Candidate[]) {
  return (request: Request, response: Response) => {
    const q = singleParameter(request, 'q');
    const perPage = positive(singleParameter(request, 'per_page'), 30);
    const page = positive(singleParameter(request, 'page'), 1);
    if (q === undefined || q.trim() === '') return validationFailed(response, 'q', 'missing');
    if (perPage === undefined || page === undefined) return validationFailed(response, 'per_page', 'invalid');
    const found = findMatches(candidates, parseSearchQuery(q));
    // GitHub caps a page at 100 and answers all the same.
    const size = Math.min(perPage, 100);
    const items = found.slice((page - 1) * size, page * size);
    response.json({ total_count: found.length, incomplete_results: false, items });
  };
}

function findMatches(candidates: readonly Candidate[], { terms, qualifiers }: SearchQuery): Record<string, unknown>[] {
  return candidates
    .filter(({ facets }) => [...qualifiers].every(([name, value]) => facets[name]?.includes(value) ?? false))
    .map((candidate) => ({ candidate, score: scoreText(terms, candidate.text) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ candidate, score }) => candidate.render(score));
}

function repositoryCandidate(repository: Repository): Candidate {
  return {
    text: [repository.fullName, repository.description, ...repository.topics].join(' '),
    facets: { ...repositoryFacets(repository), topic: repository.topics },
    render: (score) => ({ ...renderRepository(repository), score }),
  };
}

function issueCandidates(repository: Repository): Candidate[] {
  return repository.issues.map((issue) => ({
    text: `${issue.title} ${issue.body}`,
    facets: {
      ...repositoryFacets(repository),
      is: ['issue', issue.state],
      type: ['issue'],
      state: [issue.state],
      label: issue.labels,
    },
    render: (score) => ({
      html_url: `https://github.com/${repository.fullName}/issues/${issue.number}`,
      repository_url: `https://api.github.com/repos/${repository.fullName}`,
      number: issue.number,
      title: issue.title,
      body: issue.body,
      state: issue.state,
      labels: issue.labels.map((name) => ({ name })),
      score,
    }),
  }));
}

function fileCandidates(repository: Repository): Candidate[] {
  return repository.files.map(({ path, text }) => ({
    text: `${path} ${text}`,
    facets: {
      ...repositoryFacets(repository),
      extension: [path.split('.').at(-1) ?? ''],
      filename: [path.split('/').at(-1) ?? ''],
    },
    render: (score) => ({
      name: path.split('/').at(-1),
      path,
      html_url: `https://github.com/${repository.fullName}/blob/main/${path}`,
      repository: renderRepository(repository),
      score,
    }),
  }));
}

function repositoryFacets({ fullName, language }: Repository): Record<string, readonly string[]> {
  const owner = fullName.split('/')[0] ?? '';
  return { repo: [fullName.toLowerCase()], org: [owner], user: [owner], language: [language.toLowerCase()] };
}

function renderRepository({ fullName, description, language, stars, topics }: Repository) {
  const [login, name] = fullName.split('/');
  return {
    name,
    full_name: fullName,
    owner: { login, type: 'Organization' },
    private: false,
    html_url: `https://github.com/${fullName}`,
    description,
    language,
    stargazers_count: stars,
    topics,
  };
}

function singleParameter(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === 'string' ? value : undefined;
}

function positive(text: string | undefined, standard: number): number | undefined {
  if (text === undefined) return standard;
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}

function validationFailed(response: Response, field: string, code: string): void {
  response.status(422).json({
    message: 'Validation Failed',
    errors: [{ resource: 'Search', field, code }],
    documentation_url: 'https://docs.github.com/v3/search/',
    status: '422',
  });
}
