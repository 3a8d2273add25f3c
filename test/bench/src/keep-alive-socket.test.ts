import { expect, test } from 'vitest';
import { parseAnswer, requestBytes } from './keep-alive-socket.ts';

const answers = {
  'a stated length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
};

test.each(Object.entries(answers))('an answer with %s is whole only with its last byte', (_name, text) => {
  for (let length = 0; length < text.length; length += 1) {
    expect(parseAnswer(Buffer.from(text.slice(0, length)))).toBeUndefined();
  }
  const expected = { answer: { status: 200, body: 'hello' }, length: text.length };
  expect(parseAnswer(Buffer.from(text))).toEqual(expected);
  expect(parseAnswer(Buffer.from(`${text}HTTP/1.1 500`))).toEqual(expected);
});

test('a request states the length of its body in bytes', () => {
  const bytes = requestBytes({ method: 'POST', path: '/mcp', headers: { accept: '*/*' }, body: '"é"' }, 80);
  expect(bytes.toString()).toBe(
    'POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:80\r\naccept: */*\r\ncontent-length: 4\r\n\r\n"é"',
  );
});
