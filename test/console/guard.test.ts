import { beforeEach, describe, expect, it } from 'vitest';
import { linkDoor } from '../../console/doors/link.ts';
import { consoleOf, origin, type TestConsole } from '../support/console.ts';
import { type TestPlatform, testPlatform } from '../support/platform.ts';
import { putStored } from '../support/stored-backup.ts';

let platform: TestPlatform;
let console: TestConsole;
const id = 'main-20261122_020000Z';
const questions = ['/', '/backups', `/backups/${id}`, `/runs/${id}`, '/health', '/audit', '/no-such-page'];
const orders = ['/backups', ...['hold', 'release', 'retire', 'unretire', 'verify', 'restore', 'download'].map((name) => `/backups/${id}/${name}`), '/sign-out'];

beforeEach(async () => {
  platform = await testPlatform();
  await putStored(platform, '2026-11-22T02:00:00Z');
  console = consoleOf(platform);
});

const actions = async () => (await platform.catalogue.audit.list()).items.map(({ action, by, detail }) => `${by} ${action} ${detail}`.trim());

describe('the link', () => {
  it('lets one person in, once, with a cookie that scripts and other sites do not get; both ends are audited', async () => {
    const link = console.keys.link('');
    const entered = await console.get(link);
    expect(entered.status).toBe(303);
    expect(entered.headers.get('set-cookie')).toMatch(/^sauvegarde-7423=[\w-]+\.[\w-]+; Max-Age=46800; Path=\/; HttpOnly; SameSite=Strict$/);
    const again = await console.get(link);
    expect(again.status).toBe(403);
    expect(await again.text()).toContain('This link has been used');
    expect(await actions()).toEqual(['console:unknown sign-in-refused a link that does not work', 'console:alice signed-in']);
  });

  it('that was used leads somebody who is in to the first page', async () => {
    const link = console.keys.link('');
    await console.signIn();
    expect((await console.get(link)).headers.get('location')).toBe('/');
  });

  it('with another key lets nobody in', async () => {
    for (const query of ['', '?key=', `?key=${'x'.repeat(43)}`, '?key[]=1', '?key=%00']) {
      const refused = await console.get(`/enter${query}`);
      expect({ query, status: refused.status, cookie: refused.headers.get('set-cookie') }).toEqual({ query, status: 403, cookie: null });
    }
  });

  it('that is tried a hundred times fills no audit log', async () => {
    for (let time = 0; time < 100; time++) await console.get('/enter?key=wrong');
    expect(await actions()).toHaveLength(30);
  });
});

/** Sessions that must not count: none, one of another key, one that was changed, one for another use, one that has ended. */
const strangers: [string, (console: TestConsole) => Promise<string>][] = [
  ['no session', async () => ''],
  [
    'a session sealed with another key',
    async () => {
      const other = consoleOf(platform, { key: Buffer.alloc(32, 8) });
      await other.signIn();
      return other.cookie;
    },
  ],
  [
    'a changed session',
    async ({ cookie }) => {
      const [text = '', mark] = cookie.split('.');
      const session = JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
      return `${Buffer.from(JSON.stringify({ ...session, person: 'console:mallory' })).toString('base64url')}.${mark}`;
    },
  ],
  ['half a session', async ({ cookie }) => cookie.slice(0, 40)],
  [
    'a session that has ended',
    async ({ cookie }) => {
      platform.clock.set('2026-11-23T05:00:01Z');
      return cookie;
    },
  ],
  [
    'a session that was signed out',
    async (console) => {
      const { cookie } = console;
      expect((await console.post('/sign-out')).status).toBe(200);
      return cookie;
    },
  ],
];

describe.each(strangers)('%s', (_, cookieOf) => {
  beforeEach(async () => {
    await console.signIn();
    console.cookie = await cookieOf(console);
  });

  it('gets nothing and can order nothing', async () => {
    const before = await platform.catalogue.backups.get(id);
    for (const path of questions) {
      const answer = await console.get(path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.text()).not.toMatch(/sha-256|asked by|download/i);
    }
    for (const path of orders) expect([path, (await console.post(path, { database: 'main', reason: 'x' })).status]).toEqual([path, 401]);
    expect(await platform.catalogue.backups.get(id)).toEqual(before);
    expect((await platform.catalogue.runs.list({})).items).toEqual([]);
    expect((await platform.catalogue.audit.list({ subject: id })).items).toEqual([]);
  });
});

describe('a session that ends while a form is open', () => {
  const page = `/backups/${id}`;
  const draftIn = (answer: Response) => answer.headers.getSetCookie().find((each) => each.startsWith('sauvegarde-7423-draft='));
  const tokenIn = (text: string) => /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
  /** Cookies of a browser that also has what an answer has left there. */
  const withDraft = (answer: Response) => ({ cookie: `sauvegarde-7423=${console.cookie}; ${/^[^;]*/.exec(draftIn(answer) ?? '')?.[0]}` });
  const restore = { to: 'spare', confirmed: 'mai', force: 'yes', tables: 'person\nplace', back: `${page}?did=held&on=${id}` };

  beforeEach(async () => {
    platform = await testPlatform({ config: { targets: { other: { engine: 'sqlite', file: 'o.sqlite3' }, spare: { engine: 'sqlite', file: 's.sqlite3' } } } });
    await putStored(platform, '2026-11-22T02:00:00Z');
    console = consoleOf(platform);
    await console.signIn();
  });

  const end = () => platform.clock.set('2026-11-23T05:00:01Z');

  it('shows what was typed, and fills in the form again once its author is back; its token is a new one, and its order works', async () => {
    const before = tokenIn(await console.page(page));
    end();
    const answer = await console.post(`${page}/hold`, { reason: 'before the <move>', back: page });
    expect(answer.status).toBe(401);
    expect(await answer.clone().text()).toMatch(/Your session has ended[\s\S]*will be filled in[\s\S]*before the &lt;move&gt;/);
    expect(draftIn(answer)).toMatch(/Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);
    const entered = await console.get(console.keys.link(''), withDraft(answer));
    expect(entered.headers.get('location')).toBe(page);
    console.cookie = /^[^=]+=([^;]*)/.exec(entered.headers.getSetCookie()[0] ?? '')?.[1] ?? '';
    const text = await console.page(page, withDraft(answer));
    expect(text).toMatch(/The form is filled in as you left it[\s\S]*<details open>[\s\S]*name="reason"[^>]* value="before the &lt;move&gt;"/);
    expect(tokenIn(text)).not.toBe(before);
    const done = await console.post(`${page}/hold`, { reason: 'before the <move>', back: page, token: tokenIn(text) }, withDraft(answer));
    expect(done.status).toBe(303);
    expect(draftIn(done)).toMatch(/^sauvegarde-7423-draft=; Max-Age=0/);
    expect((await platform.catalogue.backups.get(id))?.hold?.reason).toBe('before the <move>');
  });

  it('fills in every field of the restore, and keeps nothing that no person has filled in', async () => {
    end();
    const answer = await console.post(`${page}/restore`, { ...restore, other: 'x', password: 'secret' });
    const kept = Buffer.from(/=([\w-]*)/.exec(draftIn(answer) ?? '')?.[1] ?? '', 'base64url').toString();
    expect(JSON.parse(kept)).toEqual({
      page,
      action: `${page}/restore`,
      fields: { to: 'spare', confirmed: 'mai', force: 'yes', tables: 'person\nplace' },
      by: 'console:alice',
    });
    await console.signIn();
    const text = await console.page(page, withDraft(answer));
    expect(text).toMatch(
      /<option value="spare" selected>[\s\S]*>person\nplace<\/textarea>[\s\S]*name="force" value="yes" checked[\s\S]*name="confirmed" value="mai"/,
    );
    expect(text).not.toContain('<details open>');
    expect(await console.page('/', withDraft(answer))).not.toContain('filled in');
  });

  it('fills in nothing for somebody else, from another key, or from a page without an origin', async () => {
    const bob = consoleOf(platform, { door: linkDoor(console.keys, 'console:bob') });
    end();
    const answer = await console.post(`${page}/hold`, { reason: 'the story', back: page });
    await console.signIn();
    expect(await console.page(page, withDraft(answer))).toContain('the story');
    const entered = await bob.get(console.keys.link(''), withDraft(answer));
    expect(entered.headers.get('location')).toBe('/');
    const [cookie] = entered.headers.getSetCookie();
    expect(await bob.page(page, { cookie: `${cookie?.split(';')[0]}; ${withDraft(answer).cookie.split('; ')[1]}` })).not.toContain('the story');
    const forged = withDraft(answer).cookie.replace(/draft=[\w-]{8}/, 'draft=AAAAAAAA');
    expect(await console.page(page, { cookie: forged })).not.toContain('the story');
    console.cookie = '';
    const bare = await console.app.request(`${origin}${page}/hold`, {
      method: 'POST',
      body: new URLSearchParams({ reason: 'x', back: page }),
      headers: { host: '127.0.0.1:7423' },
    });
    expect([bare.status, draftIn(bare)]).toEqual([401, undefined]);
  });

  it('that was renewed in another window is no reason to lose the text; nor is an order that is refused', async () => {
    const answer = await console.post(`${page}/hold`, { reason: 'the story', back: page, token: 'x'.repeat(43) });
    expect([answer.status, await answer.clone().text()]).toEqual([403, expect.stringMatching(`signed in again[\\s\\S]*href="${page}">Back to the form`)]);
    expect(await console.page(page, withDraft(answer))).toContain('value="the story"');
    const refused = await console.post(`${page}/restore`, restore);
    expect([refused.status, await refused.clone().text()]).toEqual([409, expect.stringContaining(`href="${page}">Back to the form`)]);
    expect(await console.page(page, withDraft(refused))).toContain('value="mai"');
  });

  it('leads back to the list with its filters, by a link too', async () => {
    end();
    const asked = await console.get('/audit?subject=main', { 'sec-fetch-dest': 'document' });
    expect((await console.get(console.keys.link(''), withDraft(asked))).headers.get('location')).toBe('/audit?subject=main');
    console.cookie = '';
    for (const answer of [await console.get('/'), await console.get('/audit', { 'sec-fetch-dest': 'empty' })]) expect(draftIn(answer)).toBeUndefined();
    // a page that looks again does not displace a form
    const form = await console.post(`${page}/hold`, { reason: 'the story', back: page });
    expect(draftIn(await console.get('/health', { cookie: withDraft(form).cookie }))).toBeUndefined();
  });
});

describe('an order', () => {
  beforeEach(() => console.signIn());

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['without a token', { token: '' }, {}],
    ['with the token of another session', { token: 'x'.repeat(43) }, {}],
    ['from another site', {}, { origin: 'https://evil.example' }],
    ['from a page without an origin', {}, { origin: 'null' }],
    ['from another port of this machine', {}, { origin: 'http://127.0.0.1:8000' }],
    ['that the browser calls cross-site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['that the browser calls same-site', {}, { 'sec-fetch-site': 'same-site' }],
  ])('%s is refused, and nothing is done', async (_, fields, headers) => {
    const refused = await console.post(`/backups/${id}/hold`, { reason: 'x', ...fields }, headers);
    expect(refused.status).toBe(403);
    expect((await platform.catalogue.backups.get(id))?.hold).toBeUndefined();
  });

  it('larger than a form can be is refused', async () => {
    expect((await console.post(`/backups/${id}/hold`, { reason: 'x'.repeat(20_000) })).status).toBe(413);
  });

  it('by GET is none', async () => {
    for (const path of orders.slice(1)) expect([path, (await console.get(path)).status]).toEqual([path, 404]);
    expect((await platform.catalogue.audit.list({ subject: id })).items).toEqual([]);
  });
});

it('a request for another host is refused: a name could have been made to lead here', async () => {
  await console.signIn();
  for (const host of ['evil.example', 'evil.example:7423', '127.0.0.1', '127.0.0.1:80', '192.168.1.5:7423', '', '127.0.0.1:7423.evil.example'])
    for (const path of ['/', console.keys.link('')]) expect([host, (await console.get(path, { host })).status]).toEqual([host, 421]);
});

it('every answer forbids scripts, styles and frames of others, and is kept by nobody', async () => {
  await console.signIn();
  for (const path of [...questions, '/enter?key=x']) {
    const { headers } = await console.get(path);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const page = await console.page(path);
    expect(page).not.toMatch(/<style|<script(?! src="\/assets)|\son[a-z]+=|\sstyle=|javascript:|https?:\/\/(?!127)/);
  }
});

it('no answer leads to another site', async () => {
  await console.signIn();
  for (const back of ['//evil.example', '/\\evil.example', 'https://evil.example', '/\nx', 'javascript:alert(1)']) {
    expect((await console.post(`/backups/${id}/hold`, { back })).headers.get('location')).toMatch(/^\/\?did=held/);
    expect((await console.get(`/language/fr?back=${encodeURIComponent(back)}`)).headers.get('location')).toBe('/');
  }
});

it('an unexpected error shows nothing of itself, and is in the log', async () => {
  const broken = consoleOf(platform, {
    homeFor: () => {
      throw new TypeError('secret detail at /srv/app.ts:12');
    },
  });
  await console.signIn();
  broken.cookie = console.cookie;
  const answer = await broken.get('/');
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toMatch(/secret|TypeError|\.ts/);
  expect(platform.log.lines.join()).toContain('secret detail');
});

it('a script in any place of an address or a header stays text', async () => {
  await console.signIn();
  const script = '<script>alert(1)</script>"\'>';
  for (const path of [
    `/backups/${script}`,
    `/runs/${script}`,
    `/backups?text=${encodeURIComponent(script)}`,
    `/audit?subject=${encodeURIComponent(script)}`,
    `/?did=held&on=${encodeURIComponent(script)}`,
  ])
    expect(await console.page(encodeURI(path).replaceAll('%25', '%'), { referer: `${origin}/${script}` })).not.toContain('<script>alert');
});
