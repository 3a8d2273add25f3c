import type { Policy, ToolName } from '@causeway/policy';

export interface Step {
  readonly tool: ToolName;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface PlanRequest {
  readonly question: string;
  /** What the caller may call. */
  readonly tools: readonly ToolName[];
  readonly connections: Policy['connections'];
  /** The conversation with the analyst, when there is one. */
  readonly genie: string | undefined;
}

export const STEPS_MAX = 8;

/** What a question is about, by the words in it. */
const TOPICS = {
  identity: /\b(who am i|my (?:role|rights|permissions|groups)|what (?:may|can) i)\b/i,
  regions: /\b(regions?|overview|summary|how (?:are|is) (?:we|sales|business)\b)/i,
  figures:
    /\b(deals?|sales|revenue|amounts?|margins?|customers?|products?|reps?|stages?|won|lost|pipeline|totals?|average|how (?:many|much)|top|best|worst|biggest|largest|quarter|month|year|growth|share)\b/i,
  documents:
    /\b(polic(?:y|ies)|rules?|how (?:do|does|should) (?:i|we|one)|guides?|playbooks?|documents?|handbook|pages?|procedures?|process|approv\w*|allowed|leave|expenses?|travel|pricing|discounts?|why|explain)\b/i,
  audit: /\b(audit|who (?:asked|called|accessed|looked)|access(?:es)? log|denied|refused calls?)\b/i,
  code: /\b(github|repositor(?:y|ies)|repos?|source code|issues?|bugs?|pull requests?)\b/i,
} as const;

type Topic = keyof typeof TOPICS;

/** Which tools a question is worth asking, part by part, in the order of its parts. Only what the caller may call. */
export function planSteps(request: PlanRequest): readonly Step[] {
  const parts = partsOf(request.question);
  const steps = parts.flatMap((question) => stepsOf({ ...request, question }));
  const isFollowUp = request.genie !== undefined && !steps.some(({ tool }) => tool === 'genie_query');
  const planned = isFollowUp ? [genieStep(request), ...steps] : steps;
  const once = new Map(planned.map((step) => [JSON.stringify(step), step]));
  return [...once.values()].filter(({ tool }) => request.tools.includes(tool)).slice(0, STEPS_MAX);
}

/** Sentences, and what an "and" joins when it begins a question of its own. */
function partsOf(question: string): readonly string[] {
  const joints =
    /[?.!;]\s+|[?.!;]$|,?\s+and\s+(?=(?:what|who|which|how|why|when|where|is|are|do|does|did|show|list|find|search|any|tell)\b)/gi;
  const parts = question.split(joints).map((part) => part.trim());
  return parts.filter((part) => part !== '').slice(0, STEPS_MAX);
}

function stepsOf(request: PlanRequest): readonly Step[] {
  const { question } = request;
  const isAbout = (topic: Topic) => TOPICS[topic].test(question);
  const steps = [
    ...(isAbout('identity') ? [step('check_identity', {})] : []),
    ...(isAbout('regions') ? [step('get_region_summary', {})] : []),
    ...(isAbout('figures') && !isAbout('documents') ? [genieStep(request)] : []),
    ...(isAbout('audit') ? [step('query_audit_log', auditArguments(question))] : []),
    ...(isAbout('code') ? [step('github_search', githubArguments(question))] : []),
    ...connectionSteps(request),
  ];
  // Documents are searched for whatever is about nothing else, too.
  const isForDocuments = isAbout('documents') || steps.length === 0;
  return isForDocuments ? [...steps, step('query_knowledge_base', documentArguments(question))] : steps;
}

const step = (tool: ToolName, args: Step['args']): Step => ({ tool, args });

const genieStep = ({ question, genie }: PlanRequest): Step =>
  step('genie_query', { question, ...(genie !== undefined && { conversation_id: genie }) });

const documentArguments = (question: string) => ({ query: question.slice(0, 500), limit: 3 });

function auditArguments(question: string): Step['args'] {
  const email = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(question)?.[0];
  const isDenied = /\b(denied|refused)\b/i.test(question);
  return { limit: 10, ...(email !== undefined && { email }), ...(isDenied && { status: 'access_denied' }) };
}

/** Words that say that GitHub is meant, and not what is looked for there. */
const CODE_WORDS =
  /\b(?:github|search|find|show|list|me|us|the|any|all|our|on|in|for|of|about|with|are|is|there|what|which|do|we|have|open|repositor(?:y|ies)|repos?|source|code|issues?|bugs?|pull requests?)\b|[^\w.-]+/gi;

function githubArguments(question: string): Step['args'] {
  const kind = /\b(issues?|bugs?)\b/i.test(question) ? 'issues' : /\bcode\b/i.test(question) ? 'code' : 'repositories';
  const query = question.replace(CODE_WORDS, ' ').replaceAll(/\s+/g, ' ').trim().slice(0, 256);
  return { query: query === '' ? question.slice(0, 256) : query, kind, limit: 5 };
}

/** A connection that the question names, where it can be read without knowing more: a GET of one fixed path. */
function connectionSteps({ question, connections }: PlanRequest): readonly Step[] {
  const words = new Set(question.toLowerCase().split(/[^\w-]+/));
  return Object.entries(connections).flatMap(([connection, { allow }]) => {
    const path = allow.map((rule) => /^GET (\/[^*]*)$/.exec(rule)?.[1]).find((found) => found !== undefined);
    const isNamed = words.has(connection) && connection !== 'github';
    return isNamed && path !== undefined ? [step('external_api_call', { connection, method: 'GET', path })] : [];
  });
}
