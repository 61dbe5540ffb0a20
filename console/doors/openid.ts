import type * as OpenId from 'openid-client';
import { detailText } from '../../core/catalogue/audit-details.ts';
import type { ConsoleContext, Door, Doorkeeper } from '../door.ts';
import { isOwnPath } from '../paths.ts';

const [signIn, signedIn] = ['/sign-in', '/signed-in'];
/** Name of the cookie that waits for the return from the provider, and the time it does so, in seconds. */
const [waiting, patience] = ['waiting', 600];
/** Time for each answer of the provider, in seconds: API Gateway gives a page 30. */
const timeout = 8;

/** Provider of identities, and who of its people may enter. */
export interface OpenIdOptions {
  /** Address below which `/.well-known/openid-configuration` is. HTTPS, except on this machine. */
  issuer: string;
  clientId: string;
  /** Reads the client's secret; missing for a client that has none. */
  clientSecret?: (() => Promise<string>) | undefined;
  /** Claim of the ID token that lists groups, and the group that may enter. */
  groupClaim: string;
  group: string;
  /** Origin of the console: `https://x.execute-api.eu-west-3.amazonaws.com`. */
  origin: string;
  /** Address that ends the session at the provider, where it does not say so itself. */
  signOut?: string | undefined;
}

/** What is kept in a sealed cookie until the provider sends somebody back. */
interface Waiting {
  verifier: string;
  state: string;
  nonce: string;
  /** Page to go to. */
  to: string;
}

/**
 * Door of people whom an OpenID Connect provider knows: authorization code with PKCE, state and nonce, on the server.
 * The provider is asked for its addresses and keys each time: nobody signs in so often that a copy, which could be out
 * of date, would be worth it.
 */
export function openIdDoor(options: OpenIdOptions): Door {
  return {
    path: signIn,
    explain: (words) => words.signInHere,
    open: (app, keeper) => {
      app.get(signIn, async (context) => {
        const asked = context.req.query('to') ?? '/';
        try {
          return await send(context, keeper, options, isOwnPath(asked) ? asked : '/');
        } catch (error) {
          return failed(context, keeper, error);
        }
      });
      app.get(signedIn, async (context) => {
        const left = keeper.pickUp(context, waiting) as Waiting | undefined;
        if (!left) return failed(context, keeper, new Error('nobody was waited for: the sign-in took more than ten minutes, or began elsewhere'));
        try {
          return await receive(context, keeper, options, left);
        } catch (error) {
          return failed(context, keeper, error);
        }
      });
    },
    signedOut: async () => options.signOut ?? endOfSession(options).catch(() => undefined),
  };
}

async function send(context: ConsoleContext, keeper: Doorkeeper, options: OpenIdOptions, to: string): Promise<Response> {
  const { client, provider } = await found(options);
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
  keeper.leave(context, waiting, { verifier, state, nonce, to } satisfies Waiting, patience);
  const address = client.buildAuthorizationUrl(provider, {
    redirect_uri: `${options.origin}${signedIn}`,
    scope: 'openid email profile',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  return context.redirect(address.href, 303);
}

async function receive(context: ConsoleContext, keeper: Doorkeeper, options: OpenIdOptions, { verifier, state, nonce, to }: Waiting): Promise<Response> {
  const { client, provider } = await found(options);
  const address = new URL(`${options.origin}${signedIn}${new URL(context.req.url).search}`);
  const tokens = await client.authorizationCodeGrant(provider, address, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  const claims: Record<string, unknown> = tokens.claims() ?? {};
  const person = nameIn(claims);
  const groups: unknown = claims[options.groupClaim];
  if (Array.isArray(groups) ? groups.includes(options.group) : groups === options.group) return keeper.letIn(context, `console:${person}`, to);
  const words = context.get('words');
  return keeper.turnAway(context, `console:${person}`, {
    title: words.outsider,
    text: words.outsiderMeaning(person, options.group),
    detail: detailText({ about: 'outsider', group: options.group }),
  });
}

function failed(context: ConsoleContext, keeper: Doorkeeper, error: unknown): Promise<Response> {
  const words = context.get('words');
  return keeper.turnAway(context, 'console:unknown', {
    title: words.signInFailed,
    text: words.signInFailedMeaning,
    detail: reasonsOf(error).slice(0, 300),
  });
}

/** Joins the messages of an error and its causes: the library's own says little. */
function reasonsOf(error: unknown): string {
  const reasons = new Set<string>();
  for (let each = error; each instanceof Error; each = each.cause) reasons.add('error' in each ? `${each.message} (${each.error})` : each.message);
  return [...reasons].join(': ');
}

async function endOfSession(options: OpenIdOptions): Promise<string | undefined> {
  const { client, provider } = await found(options);
  if (provider.serverMetadata().end_session_endpoint === undefined) return undefined;
  return client.buildEndSessionUrl(provider, { client_id: options.clientId, post_logout_redirect_uri: `${options.origin}/` }).href;
}

/** Asks the provider for its addresses. Its keys are read when a token is verified. */
async function found({ issuer, clientId, clientSecret }: OpenIdOptions): Promise<{ client: typeof OpenId; provider: OpenId.Configuration }> {
  const client = await import('openid-client');
  const here = ['127.0.0.1', 'localhost'].includes(new URL(issuer).hostname);
  const provider = await client.discovery(new URL(issuer), clientId, undefined, clientSecret ? client.ClientSecretPost(await clientSecret()) : client.None(), {
    timeout,
    // the signature is verified although TLS has shown who sent the token
    execute: [client.enableNonRepudiationChecks, ...(here ? [client.allowInsecureRequests] : [])],
  });
  return { client, provider };
}

/** Names a person for the audit log: by a verified address, or by the provider's id with the name that goes with it. */
function nameIn({ email, email_verified: isVerified, preferred_username: name, sub }: Record<string, unknown>): string {
  if (typeof email === 'string' && isVerified === true) return email.slice(0, 100);
  return typeof name === 'string' ? `${name.slice(0, 60)} (${sub})` : String(sub);
}
