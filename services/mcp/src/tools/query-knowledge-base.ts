import { z } from 'zod';
import { defineTool } from '../call/define-tool.ts';

const found = z.object({
  document_id: z.string(),
  title: z.string(),
  snippet: z.string().describe('The passages that fit, with the words between two asterisks.'),
  score: z.number().describe('From 0 to 1; comparable within one answer.'),
  source: z.string(),
});

export const queryKnowledgeBase = defineTool({
  name: 'query_knowledge_base',
  title: 'Knowledge base',
  description:
    'Searches the company’s documents in plain words, best first. Quotes make a phrase, a minus leaves a word out; misspelt words are found too. You see the documents that your role may see.',
  input: z.strictObject({
    query: z.string().trim().min(1).max(500),
    limit: z.int().min(1).max(20).default(5),
  }),
  output: z.object({ results: z.array(found) }),
  scope: 'sql',
  effect: 'read',
  audit: ({ query, limit }) => ({ query, limit }),
  rows: 'results',
  run: async ({ query, limit }, { platform, policy }) => {
    const documents = await platform.searchDocuments({ dataset: policy.dataset('documents').definition, query, limit });
    return { results: documents.map(({ documentId, ...rest }) => ({ document_id: documentId, ...rest })) };
  },
});
