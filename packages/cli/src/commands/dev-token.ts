import { IDP_IDS, type IdpId } from '@causeway/local/people';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_USAGE } from '../command-error.ts';
import { demoPorts, demoSignIn } from '../demo-sign-in.ts';
import { nearestName } from '../nearest-name.ts';
import { refuseProduction } from '../refuse-production.ts';

export const devToken = defineCommand({
  name: 'dev token',
  summary: 'Print a real signed token of a demo person, and nothing else.',
  details: ['Signs in at the running identity provider as a browser would. The stack must be running: npm start.'],
  options: {
    idp: { type: 'string', value: 'ID', required: true, help: IDP_IDS.join(', ') },
    user: { type: 'string', value: 'EMAIL', required: true, help: 'the e-mail address of the demo person' },
    'id-token': { type: 'boolean', help: 'the ID token instead of the access token' },
    json: { type: 'boolean', help: 'print JSON: { token }' },
  },
  async run({ args: { options }, env, stdout, signal }) {
    refuseProduction(env);
    const person = { idp: parseIdp(options.idp), email: options.user };
    const { accessToken, idToken } = await demoSignIn({ ...person, ports: demoPorts(env), signal });
    const token = options['id-token'] ? idToken : accessToken;
    stdout.write(`${options.json ? JSON.stringify({ token }, null, 2) : token}\n`);
  },
});

function parseIdp(typed: string): IdpId {
  const found = IDP_IDS.find((id) => id === typed);
  if (found !== undefined) return found;
  const nearest = nearestName(typed, IDP_IDS);
  const advice = nearest === undefined ? `there are ${IDP_IDS.join(', ')}` : `did you mean ${nearest}?`;
  throw new CommandError(EXIT_USAGE, `there is no identity provider ${JSON.stringify(typed)}; ${advice}`);
}
