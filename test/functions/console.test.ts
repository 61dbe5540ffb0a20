import { expect, it, onTestFinished } from 'vitest';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { deploy } from '../support/deployment.ts';
import { openIdProvider } from '../support/openid-provider.ts';
import { runOf } from '../support/records.ts';
import { onThisMachine } from '../support/sandbox.ts';
import { lambdaServer } from '../support/stack.ts';
import { putStored } from '../support/stored-backup.ts';

const host = 'x.execute-api.eu-west-3.amazonaws.com';
const origin = `https://${host}`;

/** Event of an HTTP API, as its payload version 2.0 has it. */
function eventOf(method: string, path: string, cookies: Map<string, string>, body?: URLSearchParams) {
  const [rawPath, rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    cookies: [...cookies].map(([name, value]) => `${name}=${value}`),
    headers: { host, ...(body && { origin, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }) },
    requestContext: { domainName: host, stage: '$default', requestId: '1', http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' } },
    isBase64Encoded: body !== undefined,
    ...(body && { body: Buffer.from(body.toString()).toString('base64') }),
  };
}

// many functions start, one after the other
it('an administrator signs in, sees a backup, downloads it from the vault, and orders another in the same moment as a second one: one run, both are told', async () => {
  const deployed = await deploy('postgres://nobody@127.0.0.1/main', undefined, undefined, { target: 'postgres://nobody@127.0.0.1/staging' });
  const proof = { verdict: 'proven', at: '2026-11-22T02:03:00Z', seconds: 180 } as const;
  const source = { encoding: 'UTF8', collation: 'C', roles: [], extensions: [], globals: { roles: [], memberships: [], settings: [] } };
  const { id, size } = await putStored(deployed, '2026-11-22T02:00:00Z', { change: { engine: 'postgres', proof }, scan: { engine: 'postgres', source } });
  const provider = await openIdProvider(`${origin}/signed-in`);
  const endpoint = await lambdaServer((name, event) => deployed.invoke(name, event));
  const deployedConsole = deployed.functionOf('console', {
    AWS_ENDPOINT_URL_LAMBDA: endpoint,
    SAUVEGARDE_START: 'start',
    SAUVEGARDE_SIGN: 'sign',
    SAUVEGARDE_ADMINISTER: 'administer',
    SAUVEGARDE_ORIGIN: origin,
    SAUVEGARDE_DOWNLOADS: 'https://bucket.s3.eu-west-3.amazonaws.com',
    SAUVEGARDE_SESSION_KEY: deployed.secret,
    SAUVEGARDE_STACK: 'backups',
    SAUVEGARDE_ISSUER: provider.issuer,
    SAUVEGARDE_CLIENT: provider.clientId,
  });
  /** Somebody with a browser and, as the functions of AWS serve one request at a time, a function of their own. */
  const visitor = () => {
    const process = onThisMachine.processes.fresh();
    onTestFinished(() => process[Symbol.asyncDispose]());
    const cookies = new Map<string, string>();
    const request = async (method: string, path: string, body?: URLSearchParams) => {
      const answer = (await process.invoke(deployedConsole, eventOf(method, path, cookies, body))) as {
        statusCode: number;
        headers: Record<string, string>;
        cookies?: string[];
        body: string;
      };
      for (const each of answer.cookies ?? []) cookies.set(/^[^=]+/.exec(each)?.[0] ?? '', /=([^;]*)/.exec(each)?.[1] ?? '');
      return { status: answer.statusCode, to: answer.headers.location ?? '', headers: answer.headers, body: answer.body };
    };
    const signIn = async (person: string) => {
      const sent = await request('GET', '/sign-in');
      const back = await provider.signIn(sent.to, person);
      expect(await request('GET', `${back.pathname}${back.search}`)).toMatchObject({ status: 303, to: '/' });
    };
    const tokenOn = (page: string) => /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const press = async () => {
      const token = tokenOn((await request('GET', '/')).body);
      return async () => (await request('POST', '/backups', new URLSearchParams({ token, database: 'main' }))).to;
    };
    return { request, signIn, tokenOn, press };
  };
  const alice = visitor();
  const { request } = alice;

  const stranger = await request('GET', `/backups/${id}`);
  expect(stranger.status).toBe(401);
  expect(stranger.body).toContain(`/sign-in?to=${encodeURIComponent(`/backups/${id}`)}`);
  expect(stranger.headers['content-security-policy']).toContain("form-action 'self' https://bucket.s3.eu-west-3.amazonaws.com");
  expect(stranger.headers['strict-transport-security']).toBeDefined();
  const style = /href="(\/assets\/\w+\/style\.css)"/.exec(stranger.body)?.[1] ?? '';
  expect((await request('GET', style)).headers['content-type']).toContain('text/css');

  await alice.signIn('alice');
  const page = await request('GET', `/backups/${id}`);
  expect(page.body).toContain(`sauvegarde --stack backups download ${id}`);
  const token = alice.tokenOn(page.body);

  const download = await request('POST', `/backups/${id}/download`, new URLSearchParams({ token }));
  expect(download.status).toBe(303);
  const bytes = await (await fetch(download.to)).arrayBuffer();
  expect(bytes.byteLength).toBe(size);

  const carol = visitor();
  await carol.signIn('carol');
  const both = await Promise.all((await Promise.all([alice.press(), carol.press()])).map((press) => press()));
  const said = both.map((to) => /^\/\?did=(started|exists)&on=(main-\d{8}_\d{6}Z_manual)$/.exec(to)?.slice(1));
  expect(said.map((each) => each?.[0]).sort()).toEqual(['exists', 'started']);
  expect(said[0]?.[1]).toBe(said[1]?.[1]);
  expect(deployed.started).toMatchObject([{ input: { database: 'main', requestedBy: expect.stringMatching(/^console:(alice|carol)@example.org$/) } }]);

  const run = { ...runOf('2026-11-22T02:00:00Z'), ...(deployed.started[0]?.input as BackupRequest), id: said[0]?.[1] ?? '' };
  await deployed.catalogue.runs.open(run, { leaseEnds: new Date(Date.now() + 3_600_000), now: new Date(), again: false });
  const progress = { step: 'dump', bytes: 12_000_000, total: 48_000_000, begunAt: '2026-11-22T02:00:00Z', at: '2026-11-22T02:00:06Z' } as const;
  await deployed.catalogue.runs.change(run.id, run.execution, (there) => ({ ...there, progress }));
  expect((await request('GET', '/')).body).toMatch(/<progress [^>]*max="48000000" value="12000000">.*dumping\u00a0· 12\u00a0MB of 48\u00a0MB, 2\u00a0MB\/s/);
  expect(await (await carol.press())()).toBe(`/?did=exists&on=${run.id}`);
  expect(deployed.started).toHaveLength(1);

  // a proof can note nothing: shown is for how long it lasts, and how long it usually does
  const at = new Date(Date.now() - 65_000).toISOString();
  await deployed.catalogue.runs.change(run.id, run.execution, (there) => ({ ...there, progress: { step: 'dumped', bytes: 48_000_000, begunAt: at, at } }));
  expect((await request('GET', `/runs/${run.id}`)).body).toMatch(
    /being checked and published\u00a0· 48\u00a0MB\u00a0· for 1\u00a0min \d+\u00a0s\u00a0· usually 3\u00a0min/,
  );

  expect(page.body).toMatch(/name="roles"[\s\S]*name="confirmed"/);
  expect(page.body).not.toContain('name="tables"');
  const restore = { token, to: 'staging', confirmed: 'main', back: `/backups/${id}` };
  const single = await request('POST', `/backups/${id}/restore`, new URLSearchParams({ ...restore, tables: 'person' }));
  expect(single).toMatchObject({ status: 400, body: expect.stringContaining('a stack restores whole backups') });
  expect((await request('POST', `/backups/${id}/restore`, new URLSearchParams({ ...restore, roles: 'yes' }))).to).toBe(`/backups/${id}?did=restoring&on=${id}`);
  expect(deployed.started[1]?.input).toMatchObject({ order: 'restore', to: 'staging', options: { force: false, withRoles: true } });

  const { items } = await deployed.catalogue.audit.list();
  expect(items.map(({ action, by, claimed }) => [action, by, claimed])).toEqual([
    ['signed-in', 'console:carol@example.org', true],
    ['downloaded', 'console:alice@example.org', true],
    ['signed-in', 'console:alice@example.org', true],
  ]);
}, 240_000);
