import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { readForm, refuseOversized } from './read-form.ts';

function request(body: string): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.url = '/oauth/token';
  message.headers = { 'content-type': 'application/x-www-form-urlencoded' };
  message.push(body);
  message.push(null);
  return message;
}

test('a field without a value counts as left out', async () => {
  const { fields } = await readForm(request('client_id=x&scope=&scope&resource=a&resource=b'));
  expect([...fields]).toEqual([
    ['client_id', 'x'],
    ['resource', 'a'],
    ['resource', 'b'],
  ]);
});

test('fields without number are counted, and never taken apart', async () => {
  const form = await readForm(request('client_id=x&'.repeat(4000)));
  expect(form.fields.size).toBe(0);
  expect(() => refuseOversized(form)).toThrow(/too many fields/);
});

test('a token of absurd length is named as such, with the client that sent it', async () => {
  const form = await readForm(request(`client_id=x&subject_token=${'x'.repeat(200_000)}`));
  expect(form.fields.get('client_id')).toBe('x');
  expect(() => refuseOversized(form)).toThrow(/too_large/);
});

test('as many fields as a request may have are read', async () => {
  const form = await readForm(request(Array.from({ length: 50 }, (_, n) => `f${n}=1`).join('&')));
  expect(() => refuseOversized(form)).not.toThrow();
  expect(form.fields.size).toBe(50);
});
