import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import type { Question } from '../../platform.ts';
import { outboundText, scriptedWorkspace } from '../testing/scripted-workspace.ts';
import { askSupervisorEndpoint } from './ask-supervisor.ts';

const PLACE = 'POST /serving-endpoints/sales%20agent/invocations';

function ask(replies: readonly unknown[], question: Question = { text: 'why?' }) {
  const workspace = scriptedWorkspace({ [PLACE]: replies });
  const endpoint = { calls: workspace.calls, endpoint: 'sales agent', scope: 'model-serving' };
  return { ...workspace, answer: askSupervisorEndpoint(endpoint, question) };
}

const json = (answer: object, status = 200) => outboundText(status, JSON.stringify(answer));
const said = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] });
const call = (id: string, name: string) => ({ type: 'function_call', call_id: id, name, arguments: '{}' });
const output = (id: string, value: unknown) => ({ type: 'function_call_output', call_id: id, output: value });
const event = (data: object | string) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const stream = (...events: (object | string)[]) => outboundText(200, events.map(event).join(''), 'text/event-stream');
const END = { type: 'response.completed' };

describe('an answer', () => {
  test('is the last message, and its steps are the calls before it', async () => {
    const items = [said('Let me look.'), call('1', 'genie'), output('1', '12 deals'), call('2', 'kb'), said('Twelve.')];
    const { answer, asked } = ask([json({ object: 'response', output: items })]);
    expect(await answer).toMatchObject({
      text: 'Twelve.',
      steps: [
        { tool: 'genie', summary: '12 deals' },
        { tool: 'kb', summary: 'no result is shown' },
      ],
    });
    expect(asked).toMatchObject([
      { scope: 'model-serving', purpose: 'long', deadlineMs: 120_000, repeatable: false, tooManyRequests: 'final' },
    ]);
    expect(asked[0]?.body).toEqual({ input: [{ role: 'user', content: 'why?' }], stream: true });
  });

  test('of the chat form is its last choice', async () => {
    const choices = [{ message: { content: 'plan' } }, { message: { role: 'assistant', content: 'Twelve.' } }];
    expect(await ask([json({ object: 'chat.completion', choices })]).answer).toMatchObject({
      text: 'Twelve.',
      steps: [],
    });
  });

  test('of an endpoint that knows only the chat form is asked for again in it', async () => {
    const { answer, asked } = ask([
      json({ error_code: 'BAD_REQUEST' }, 400),
      json({ choices: [{ message: { content: 'Hi' } }] }),
    ]);
    expect(await answer).toMatchObject({ text: 'Hi' });
    expect(asked.map(({ body }) => body)).toEqual([
      { input: [{ role: 'user', content: 'why?' }], stream: true },
      { messages: [{ role: 'user', content: 'why?' }], stream: false },
    ]);
  });

  test('that is streamed is put together of its items', async () => {
    const { answer } = ask([
      stream(
        { type: 'response.output_item.done', item: call('1', 'genie') },
        { type: 'response.output_text.delta', item_id: 'm', delta: 'ignored, the item is whole' },
        { type: 'response.output_item.done', item: output('1', { rows: 2 }) },
        { type: 'response.output_item.done', item: said('Two.') },
        { type: 'responses.completed', response: { status: 'completed' } },
      ),
    ]);
    expect(await answer).toMatchObject({ text: 'Two.', steps: [{ tool: 'genie', summary: '{"rows":2}' }] });
  });

  test('that is streamed in pieces alone is put together of them', async () => {
    const delta = (item_id: string, text: string) => ({ type: 'response.output_text.delta', item_id, delta: text });
    const { answer } = ask([stream(delta('a', 'Let me'), delta('b', 'Tw'), delta('b', 'o.'), '[DONE]')]);
    expect(await answer).toMatchObject({ text: 'Two.' });
  });

  test('of a tool that says very much is cut', async () => {
    const { answer } = ask([json({ output: [call('1', 'x'), output('1', 'y'.repeat(900)), said('Done.')] })]);
    expect((await answer).steps[0]?.summary).toHaveLength(281);
  });
});

describe('what is no answer', () => {
  const approval = { type: 'mcp_approval_request', id: '1', name: 'send_mail' };
  test.each([
    [
      'a stream that broke off',
      stream({ type: 'response.output_item.done', item: said('Tw') }),
      'upstream_unavailable',
    ],
    ['a stream with an error', stream({ error: 'x' }, END), 'upstream_unavailable'],
    ['an error event', stream({ type: 'error', code: 'x' }, END), 'upstream_unavailable'],
    ['an error in the document', json({ error: { code: 'x', message: 'row 4711' } }), 'upstream_unavailable'],
    ['no text', json({ output: [] }), 'upstream_unavailable'],
    ['an empty text', json({ output: [said(' ')] }), 'upstream_unavailable'],
    ['a wish for approval', json({ output: [approval] }), 'upstream_rejected'],
    ['no JSON', outboundText(200, '<html>'), 'upstream_unavailable'],
    ['another document', json({ predictions: [1], output: 5 }), 'upstream_unavailable'],
    ['a refusal', json({ error_code: 'PERMISSION_DENIED' }, 403), 'access_denied'],
    ['an endpoint that is hidden', json({ error_code: 'RESOURCE_DOES_NOT_EXIST' }, 404), 'access_denied'],
  ])('%s', async (_, reply, code) => {
    const thrown = await ask([reply]).answer.catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code });
    expect(String(thrown)).not.toContain('4711');
  });

  test('a question whose answer was lost is not sent again', async () => {
    const { answer, asked } = ask([new AppError('upstream_unavailable', 'lost')]);
    await expect(answer).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(asked).toHaveLength(1);
  });
});

describe('a follow-up', () => {
  const before = [
    { role: 'user', content: 'why?' },
    { role: 'assistant', content: 'Two.' },
  ];

  test('brings what was said before', async () => {
    const { answer, asked } = ask([json({ output: [said('Three.')] })], {
      text: 'and now?',
      plan: { supervisor: before },
    });
    expect(asked[0]?.body).toMatchObject({ input: [...before, { role: 'user', content: 'and now?' }] });
    expect((await answer).plan).toEqual({
      supervisor: [...before, { role: 'user', content: 'and now?' }, { role: 'assistant', content: 'Three.' }],
    });
  });

  test.each(['"', '\u0001', '🗼', 'x'])('of very long texts fits into a handle: %j', async (character) => {
    const long = character.repeat(2000);
    const plan = { supervisor: [{ role: 'user', content: long }] };
    const answer = await ask([json({ output: [said(long)] })], { text: long, plan }).answer;
    expect(Buffer.byteLength(JSON.stringify(answer.plan))).toBeLessThan(4096);
    expect(JSON.stringify(answer.plan)).toMatch(/"assistant"/);
  });

  test('of many short turns can be followed up for ever', async () => {
    let plan: unknown;
    for (let turn = 0; turn < 25; turn++) {
      ({ plan } = await ask([json({ output: [said('Ok.')] })], { text: 'and?', plan }).answer);
    }
    expect(plan).toMatchObject({ supervisor: { length: 20 } });
  });

  test('with a plan that no supervisor made asks nothing', async () => {
    const { answer, asked } = ask([json({})], { text: 'x', plan: { genie: { conversation: 'c' } } });
    await expect(answer).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([]);
  });
});
