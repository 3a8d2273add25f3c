import type { BenchAnswer, BenchCase, BenchRequest } from '../bench-case.ts';

const request: BenchRequest = { method: 'GET', path: '/hello' };
const isRight = ({ status, body }: BenchAnswer) => status === 200 && body === '{"hello":"world"}';
const at = (path: string) => new URL(`../../${path}`, import.meta.url);

export const benchCase: BenchCase = {
  name: 'http',
  what: 'GET of a static answer: what the application that every service starts from adds to a bare server',
  targets: [
    { kind: 'http', name: 'node:http', floor: true, module: at('floors/node-http.ts'), request, isRight },
    { kind: 'http', name: 'express', floor: true, module: at('floors/express.ts'), request, isRight },
    { kind: 'http', name: 'runtime', module: at('servers/runtime-app.ts'), request, isRight },
  ],
};
