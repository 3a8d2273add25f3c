// @peculiar/x509 finds its parts through it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  issue(hostname: string): Promise<{ key: string; cert: string }>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const validity = () => ({ notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) });

/** A certificate authority that lives as long as the test. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const keys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    ...validity(),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const issue = async (hostname: string) => {
    const leaf = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: 'CN=test',
      issuer: authority.subject,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hostname }])],
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey);
    return { key: x509.PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem') };
  };
  return { certificate: authority.toString('pem'), issue };
}
