import { expect, test } from 'vitest';
import { missingFiles } from './missing-files.ts';
import { parsePolicy } from './parse-policy.ts';
import { changedPolicy } from './testing/base-policy.ts';

test('warns, with its line, of every file that is not there', async () => {
  const document = await parsePolicy(
    changedPolicy(
      ['    network: public', '    caFile: ca.pem\n    credentialFile: credential'],
      ['  audience: workspace', '  audience: workspace\n  caFile: workspace.pem'],
      [
        'limits:',
        'semanticModel: model.yaml\nregistration: { metadataPins: { "https://a.example/c": pin.json } }\nlimits:',
      ],
      [
        '    audience: api-1',
        '    audience: api-1\n    caFile: idp.pem\n    client: { id: us, secretFile: idp.secret }',
      ],
    ),
    { file: 'p.yaml' },
  );
  const told = (exists: (file: string) => boolean) =>
    missingFiles(document, exists).map(({ severity, path, message }) => `${severity} ${path} ${message.split(',')[0]}`);
  expect(told(() => true)).toEqual([]);
  expect(told((file) => file !== 'ca.pem')).toEqual(['warning connections.github.caFile there is no file ca.pem']);
  expect(told(() => false).map((line) => line.split(' ')[1])).toEqual([
    'providers[1].caFile',
    'providers[1].client.secretFile',
    'connections.github.caFile',
    'connections.github.credentialFile',
    'workspace.caFile',
    'clients.helper.secretFile',
    'clients.partner.jwksFile',
    'registration.metadataPins["https://a.example/c"]',
    'semanticModel',
  ]);
});
