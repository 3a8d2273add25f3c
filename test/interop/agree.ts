import { REDIRECT, signIn } from '@causeway/test-portal/authorize';
import { fieldsOf, TestBrowser } from '@causeway/test-portal/test-browser';

/** What a person does at the address that a client opens: choose the provider, sign in, agree. Answers with where that leads. */
export async function agree(asked: URL, who: readonly [idp: string, email: string], back = REDIRECT): Promise<URL> {
  const browser = new TestBrowser(back);
  const consent = await signIn(browser, await browser.open(asked), who);
  return (await browser.open(consent.url, { ...fieldsOf(consent.text), decision: 'allow' })).url;
}
