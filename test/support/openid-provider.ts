import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';
import { addressOf, listening } from './mail-server.ts';

export interface TestProvider {
  issuer: string;
  clientId: string;
  /** Signs this person in at the address that the console sent to; returns the console's address where that leads. */
  signIn(address: string, person: string): Promise<URL>;
  /** Signs with other keys from now on, and knows nobody any more. */
  rotateKeys(): void;
  /** Answers nothing more. */
  stop(): void;
}

/** People and their groups; others are in none. */
const groups: Record<string, string[]> = { alice: ['staff', 'sauvegarde'], bob: ['staff'], carol: ['sauvegarde'] };
/** Claim of a user pool of Cognito, and the group there of those who are in the group `sauvegarde`. */
const cognito = { claim: 'cognito:groups', group: 'administrators' };

const newKey = () => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' });
const firstKey = newKey();
const seconds = 600;

/**
 * Starts an OpenID Connect provider, whose client may return to `redirect`. It listens on this machine alone, and calls
 * itself `host`: `localhost` is another site than `127.0.0.1`.
 */
export async function openIdProvider(redirect: string, host = '127.0.0.1'): Promise<TestProvider> {
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    if (!provider) response.destroy();
    else if (request.url?.startsWith('/interaction/')) void interact(provider, request, response);
    else provider.callback()(request, response);
  }).listen(0, '127.0.0.1');
  await listening(server);
  const issuer = `http://${addressOf(server).replace('127.0.0.1', host)}`;
  const clientId = 'console';
  const provide = (key: object) => {
    provider = new Provider(issuer, {
      clients: [
        { client_id: clientId, token_endpoint_auth_method: 'none', redirect_uris: [redirect], post_logout_redirect_uris: [new URL('/', redirect).href] },
      ],
      jwks: { keys: [key] },
      claims: { openid: ['sub', 'groups', cognito.claim], email: ['email', 'email_verified'], profile: ['preferred_username'] },
      conformIdTokenClaims: false,
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => claimsOf(id) }),
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      features: { devInteractions: { enabled: false } },
      ttl: { Interaction: seconds, Session: seconds, Grant: seconds, AccessToken: seconds, IdToken: seconds },
      cookies: { keys: ['of a test'] },
    });
  };
  provide(firstKey);
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(stop);
  return { issuer, clientId, rotateKeys: () => provide(newKey()), stop, signIn: (address, person) => walk(address, person, redirect) };
}

function claimsOf(id: string): object {
  const own = groups[id] ?? [];
  return { sub: id, email: `${id}@example.org`, email_verified: true, groups: own, [cognito.claim]: own.includes('sauvegarde') ? [cognito.group] : [] };
}

/** Signs in whom the cookie `person` names, or whom a form then names, and who consents to everything. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params, prompt, session } = await provider.interactionDetails(request, response);
  const accountId = /person=(\w+)/.exec(request.method === 'POST' ? await text(request) : (request.headers.cookie ?? ''))?.[1];
  if (prompt.name === 'login' && !accountId) {
    response.setHeader('content-type', 'text/html').end('<form method="post"><input name="person" aria-label="Name"><button>Go on</button></form>');
    return;
  }
  if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId } });
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

/** Follows the provider's redirects, as a browser would, until they lead back to the console. */
async function walk(address: string, person: string, redirect: string): Promise<URL> {
  const cookies = new Map([['person', person]]);
  let at = new URL(address);
  for (let step = 0; step < 10; step++) {
    if (at.href.startsWith(redirect)) return at;
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } });
    for (const each of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
      cookies.set(name, value);
    }
    const to = answer.headers.get('location');
    if (!to) throw new Error(`the provider answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    at = new URL(to, at);
  }
  throw new Error('the provider leads nowhere');
}
