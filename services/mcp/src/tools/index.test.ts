import { TOOL_DATASETS, TOOL_SCOPES, TOOLS } from '@causeway/policy';
import { describe, expect, test } from 'vitest';
import { offeredTools, TOOL_LIST } from './index.ts';

test('every tool of the contract is here once, and no other', () => {
  expect(TOOL_LIST.map(({ name }) => name).toSorted()).toEqual([...TOOLS].toSorted());
});

describe.each(TOOL_LIST.map((tool) => [tool.name, tool] as const))('%s', (name, tool) => {
  test('asks for the scope that the policy says', () => expect(tool.scope).toBe(TOOL_SCOPES[name]));

  test('refuses an argument that it does not have', () => {
    expect(() => tool.prepare({ nobody_knows_this: 1 })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(tool.description.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
  });

  test.each([[[]], ['text'], [5], [true]])('refuses arguments that are no object: %j', (args) => {
    expect(() => tool.prepare(args)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  test('publishes a schema that allows a result and an error', () => {
    expect(tool.description.outputSchema).toMatchObject({
      type: 'object',
      anyOf: [
        { type: 'object' },
        { type: 'object', properties: { error: { required: ['code', 'message', 'request_id'] } } },
      ],
    });
    expect(JSON.stringify(tool.description)).not.toContain('$schema');
  });

  test('says what it may do to the world', () => {
    const { readOnlyHint, destructiveHint } = tool.description.annotations;
    expect(readOnlyHint).toBe(name !== 'external_api_call');
    expect(destructiveHint).toBe(name === 'external_api_call');
  });
});

test('without a semantic model nobody is offered the analyst', () => {
  const names = (platform: Parameters<typeof offeredTools>[0]) => offeredTools(platform).map(({ name }) => name);
  const all = { answersQuestions: true, searchesDocuments: true };
  expect(names({ ...all, answersQuestions: false })).not.toContain('genie_query');
  expect(names({ ...all, searchesDocuments: false })).not.toContain('query_knowledge_base');
  expect(offeredTools(all)).toEqual(TOOL_LIST);
});

test('the datasets that the tools read are the ones that the policy checks', () => {
  expect(Object.keys(TOOL_DATASETS)).toEqual(['get_region_summary', 'query_sales_data', 'query_knowledge_base']);
});
