import { beforeEach, describe, expect, it } from 'vitest';
import { openIdDoor } from '../../console/doors/openid.ts';
import { consoleOf, type TestConsole } from '../support/console.ts';
import { openIdProvider, type TestProvider } from '../support/openid-provider.ts';
import { type TestPlatform, testPlatform } from '../support/platform.ts';
import { putStored } from '../support/stored-backup.ts';

const origin = 'https://console.example.org';
let platform: TestPlatform;
let provider: TestProvider;
let console: TestConsole;
/** Cookies as a browser keeps them. */
let cookies: Map<string, string>;

beforeEach(async () => {
  platform = await testPlatform();
  provider = await openIdProvider(`${origin}/signed-in`);
  cookies = new Map();
  console = consoleOf(platform, {
    door: openIdDoor({ issuer: provider.issuer, clientId: provider.clientId, group: 'sauvegarde', groupClaim: 'groups', origin }),
    cookie: '__Host-sauvegarde',
    origins: [origin],
    sessionSeconds: 3600,
  });
});

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { host: new URL(origin).host, cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...(init.headers as object) };
  const answer = await console.app.request(`${origin}${path}`, { ...init, headers });
  for (const each of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
  return answer;
}

/** Lets somebody sign in; returns the answer to their return from the provider. */
async function signIn(person: string, to = '/'): Promise<Response> {
  const sent = await request(`/sign-in?to=${encodeURIComponent(to)}`);
  const back = await provider.signIn(sent.headers.get('location') ?? '', person);
  return request(`${back.pathname}${back.search}`);
}

const audited = async () => (await platform.catalogue.audit.list()).items.map(({ action, by, detail }) => `${by} ${action} ${detail}`.trim());

it('lets in a member of the group, with a short session that leads to the page that was asked for; the audit log knows', async () => {
  expect((await request('/health')).status).toBe(401);
  const entered = await signIn('alice', '/health');
  expect([entered.status, entered.headers.get('location')]).toEqual([303, '/health']);
  expect(entered.headers.getSetCookie().join('\n')).toMatch(/__Host-sauvegarde=[\w-]+\.[\w-]+; Max-Age=7200; Path=\/; HttpOnly; Secure; SameSite=Lax/);
  expect([...cookies.keys()]).toEqual(['__Host-sauvegarde']);
  const page = await (await request('/health')).text();
  expect(page).toContain('alice@example.org');
  expect(await audited()).toEqual(['console:alice@example.org signed-in']);

  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const out = await request('/sign-out', { method: 'POST', body: new URLSearchParams({ token }), headers: { origin } });
  expect(out.headers.get('refresh')).toContain(`0; url=${provider.issuer}/session/end?`);
  expect((await request('/health')).status).toBe(401);
  expect((await audited())[0]).toBe('console:alice@example.org signed-out');
});

it('asks for a code with PKCE, a state and a nonce, each time others', async () => {
  const sent = async () => new URL((await request('/sign-in')).headers.get('location') ?? '').searchParams;
  const [one, other] = [await sent(), await sent()];
  expect(Object.fromEntries(one)).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', scope: 'openid email profile' });
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(one.get(name)).toMatch(/^[\w-]{43}$/);
    expect(one.get(name)).not.toBe(other.get(name));
  }
});

it('refuses an outsider, and says of which group they are not', async () => {
  const refused = await signIn('bob');
  expect(refused.status).toBe(403);
  expect(await refused.text()).toContain('bob@example.org is not in the group “sauvegarde”');
  expect(cookies.has('__Host-sauvegarde')).toBe(false);
  expect(await audited()).toEqual(['console:bob@example.org sign-in-refused not in the group sauvegarde']);
});

it('goes on after the provider has changed its keys', async () => {
  expect((await signIn('alice')).status).toBe(303);
  provider.rotateKeys();
  expect((await signIn('alice')).status).toBe(303);
});

it('brings somebody whose session has ended back into the form, as it was filled in', async () => {
  await putStored(platform, '2026-11-22T02:00:00Z');
  const page = '/backups/main-20261122_020000Z';
  await signIn('alice');
  platform.clock.set('2026-11-22T18:00:01Z');
  const answer = await request(`${page}/hold`, { method: 'POST', body: new URLSearchParams({ reason: 'the long story', back: page }), headers: { origin } });
  expect(answer.status).toBe(401);
  const [, to = ''] = /href="\/sign-in\?to=([^"]+)"/.exec(await answer.text()) ?? [];
  expect(decodeURIComponent(to)).toBe(page);
  expect((await signIn('alice', page)).headers.get('location')).toBe(page);
  expect(await (await request(page)).text()).toMatch(/<details open>[\s\S]*value="the long story"/);
});

describe('lets nobody in', () => {
  const refused = async (answer: Response | Promise<Response>, detail: RegExp) => {
    const { status } = await answer;
    expect(status).toBe(403);
    expect(cookies.has('__Host-sauvegarde')).toBe(false);
    expect((await audited())[0]).toMatch(/^console:unknown sign-in-refused /);
    expect((await audited())[0]).toMatch(detail);
  };

  it('while the provider is down, and says so', async () => {
    provider.stop();
    const answer = await request('/sign-in');
    expect(await answer.clone().text()).toMatch(/The provider of identities did not answer[\s\S]*href="\/sign-in">Try to sign in again/);
    await refused(answer, /fetch failed|ECONN/);
  });

  it('when the provider goes down in the middle', async () => {
    const sent = await request('/sign-in');
    const back = await provider.signIn(sent.headers.get('location') ?? '', 'alice');
    provider.stop();
    await refused(request(`${back.pathname}${back.search}`), /fetch failed|ECONN/);
  });

  it('with a token for another nonce', async () => {
    const one = await request('/sign-in');
    const address = new URL(one.headers.get('location') ?? '');
    address.searchParams.set('nonce', 'x'.repeat(43));
    const back = await provider.signIn(address.href, 'alice');
    await refused(request(`${back.pathname}${back.search}`), /nonce/);
  });

  it('with another state', async () => {
    const sent = await request('/sign-in');
    const back = await provider.signIn(sent.headers.get('location') ?? '', 'alice');
    back.searchParams.set('state', 'x'.repeat(43));
    await refused(request(`${back.pathname}${back.search}`), /state/);
  });

  it('with the code of a sign-in that began in another browser', async () => {
    const sent = await request('/sign-in');
    const back = await provider.signIn(sent.headers.get('location') ?? '', 'alice');
    cookies.clear();
    await refused(request(`${back.pathname}${back.search}`), /began elsewhere/);
    await request('/sign-in');
    await refused(request(`${back.pathname}${back.search}`), /state/);
  });

  it('with a code a second time', async () => {
    const sent = await request('/sign-in');
    const waiting = new Map(cookies);
    const back = await provider.signIn(sent.headers.get('location') ?? '', 'alice');
    expect((await request(`${back.pathname}${back.search}`)).status).toBe(303);
    cookies = waiting;
    await refused(request(`${back.pathname}${back.search}`), /invalid_grant|grant/);
  });

  it('after a return from somebody who said no', async () => {
    const sent = await request('/sign-in');
    const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state');
    await refused(request(`/signed-in?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}`), /authorization response|denied/);
  });
});

it('leads to no other site after signing in', async () => {
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example']) expect((await signIn('alice', to)).headers.get('location')).toBe('/');
});
