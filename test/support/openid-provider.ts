import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';
import { listening } from './mail-server.ts';

export interface TestProvider extends Disposable {
  issuer: string;
  clientId: string;
  /** Goes through the pages of the provider as this person, from the address that the console sent to; returns where they lead. */
  signIn(address: string, person: string): Promise<URL>;
  /** Signs with other keys from now on. */
  rotateKeys(): void;
  /** Answers nothing more. */
  stop(): void;
}

/** People and their groups; others are in none. */
const groups: Record<string, string[]> = { alice: ['staff', 'sauvegarde'], bob: ['staff'] };

/** Starts an OpenID Connect provider, whose client may return to `redirect`. It listens on this machine alone. */
export async function openIdProvider(redirect: string): Promise<TestProvider> {
  let answer: ReturnType<Provider['callback']> | undefined;
  const server: Server = createServer((request, response) => (answer ? answer(request, response) : response.destroy()));
  server.listen(0, '127.0.0.1');
  await listening(server);
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'console';
  const provide = () => {
    const provider = new Provider(issuer, {
      clients: [
        { client_id: clientId, token_endpoint_auth_method: 'none', redirect_uris: [redirect], post_logout_redirect_uris: [new URL('/', redirect).href] },
      ],
      jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' }] },
      claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['preferred_username'] },
      conformIdTokenClaims: false,
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, groups: groups[id] ?? [] }),
      }),
      cookies: { keys: ['of a test'] },
    });
    answer = provider.callback();
  };
  provide();
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(stop);
  return { issuer, clientId, rotateKeys: provide, stop, signIn: (address, person) => walk(address, person, redirect), [Symbol.dispose]: stop };
}

/** Follows the provider's redirects and sends its forms, as a browser would, until it leads back to the console. */
async function walk(address: string, person: string, redirect: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let at = new URL(address);
  let body: URLSearchParams | undefined;
  for (let step = 0; step < 12; step++) {
    if (at.href.startsWith(redirect)) return at;
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    const answer = await fetch(at, { redirect: 'manual', headers, ...(body && { method: 'POST', body }) });
    for (const each of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
      cookies.set(name, value);
    }
    const to = answer.headers.get('location');
    body = undefined;
    if (to) at = new URL(to, at);
    else {
      const page = await answer.text();
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
      if (!action) throw new Error(`the provider answered ${answer.status}: ${page.slice(0, 500)}`);
      at = new URL(action, at);
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1] ?? '';
      body = new URLSearchParams({ prompt, login: person, password: 'any' });
    }
  }
  throw new Error('the provider leads nowhere');
}
