import type { BenchAnswer, BenchCase, BenchRequest } from '../bench-case.ts';

const request: BenchRequest = { method: 'GET', path: '/livez' };
const isRight = ({ status, body }: BenchAnswer) => status === 200 && body === '{"status":"ok"}';
const floors = new URL('../../floors/', import.meta.url);

export const benchCase: BenchCase = {
  name: 'http',
  what: 'GET /livez: what the application that every service starts from adds to a bare server',
  targets: [
    { kind: 'http', name: 'node:http', floor: true, module: new URL('node-http.ts', floors), request, isRight },
    { kind: 'http', name: 'express', floor: true, module: new URL('express.ts', floors), request, isRight },
  ],
};
