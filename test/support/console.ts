import type { Hono } from 'hono';
import { makeConsole } from '../../console/app.ts';
import type { ConsoleOptions } from '../../console/app-options.ts';
import type { ConsoleEnv } from '../../console/door.ts';
import { LinkKeys, linkDoor } from '../../console/doors/link.ts';
import { machine } from '../../local/home.ts';
import { UnderWay } from '../../local/under-way.ts';
import type { TestPlatform } from './platform.ts';

export const origin = 'http://127.0.0.1:7423';
const cookieName = 'sauvegarde-7423';

/** A console on a platform, asked without a server, as a browser would. */
export interface TestConsole {
  app: Hono<ConsoleEnv>;
  keys: LinkKeys;
  underWay: UnderWay;
  /** Value of the session's cookie; empty before signing in. */
  cookie: string;
  signIn(): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Gets a page as text. */
  page(path: string, headers?: Record<string, string>): Promise<string>;
  /** Sends a form as a page of the console does, with its token. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
}

export function consoleOf(platform: TestPlatform, options: Partial<ConsoleOptions> = {}): TestConsole {
  const [keys, underWay] = [new LinkKeys(), new UnderWay()];
  const { signal } = new AbortController();
  const app = makeConsole({
    homeFor: (author) => machine(platform, { author, signal, underWay }),
    door: linkDoor(keys, 'console:alice'),
    key: Buffer.alloc(32, 7),
    cookie: cookieName,
    sessionSeconds: 12 * 3600,
    knowsPeople: true,
    origins: [origin],
    language: 'en',
    clock: platform.clock,
    log: platform.log,
    ...options,
  });
  const console: TestConsole = {
    app,
    keys,
    underWay,
    cookie: '',
    signIn: async () => {
      const response = await console.get(keys.link(''));
      console.cookie = /=([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '';
      return response;
    },
    get: async (path, headers = {}) =>
      app.request(`${origin}${path}`, { headers: { host: '127.0.0.1:7423', cookie: `${cookieName}=${console.cookie}`, ...headers } }),
    page: async (path, headers) => (await console.get(path, headers)).text(),
    post: async (path, fields = {}, headers = {}) => {
      const token = /name="token" value="([^"]+)"/.exec(await console.page('/audit'))?.[1] ?? '';
      return app.request(`${origin}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ token, ...fields }),
        headers: { host: '127.0.0.1:7423', origin, 'sec-fetch-site': 'same-origin', cookie: `${cookieName}=${console.cookie}`, ...headers },
      });
    },
  };
  return console;
}
