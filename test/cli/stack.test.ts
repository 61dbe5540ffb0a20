import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { describeAws } from '../support/aws.ts';
import { type Ended, project, sauvegarde, start } from '../support/cli.ts';
import { deployWithPostgres, seeded } from '../support/deployed-postgres.ts';
import { addressOf, listening } from '../support/mail-server.ts';
import { coldStart } from '../support/programs.ts';
import { asStack, lambdaServer, outputsOf, Refusal, stackWith } from '../support/stack.ts';

/** A vault of this machine that a command must not touch when it is for a stack. */
const zone = { timeZone: 'America/Cayenne' };
const by = /cli:\S+/;
const nobody = 'http://127.0.0.1:1';

/** Without credentials on this machine, whatever its own are. */
const noCredentials = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };

async function deployedStack(options: Parameters<typeof asStack>[1] = {}) {
  const deployed = await deployWithPostgres((secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, keep: 1 }));
  const stack = await asStack(deployed, options);
  const folder = project(zone);
  const run = (words: string[]) => sauvegarde(folder, ['--stack', stack.name, ...words], { env: stack.environment });
  return { deployed, stack, folder, run };
}

function jsonOf({ status, stdout, stderr }: Ended): unknown {
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return JSON.parse(stdout);
}

function withoutUnset(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Something that answers instead of S3. */
async function instead(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${addressOf(server)}/main/dump?X-Amz-Signature=hidden`;
}

/** Where nobody listens any more. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await listening(server);
  const url = `http://${addressOf(server)}/?X-Amz-Signature=hidden`;
  await new Promise((resolve) => server.close(resolve));
  return url;
}

describeAws('--stack', { timeout: coldStart }, () => {
  it('backs up, lists, shows, holds, plans, rotates, brings back and downloads as on one machine, each through a function', async () => {
    const { deployed, stack, folder, run } = await deployedStack();
    const made = await run(['backup']);
    expect(made).toMatchObject({ status: 0 });
    expect(made.stdout).toMatch(/^main-\S+: backed up .* \(2 tables, 203 rows\)/);
    expect(made.stdout).toContain(`stored   s3://${deployed.bucket}/main/`);
    expect(made.stdout).toMatch(/proof {4}proven: restored and compared in/);
    expect(made.stderr).toMatch(/: started\n/);

    const [backup] = jsonOf(await run(['list', '--json'])) as [{ id: string; size: number; rows: number }];
    expect(backup).toMatchObject({ status: 'published', rows: seeded.rows, proof: { verdict: 'proven' } });
    expect((await run(['list'])).stdout).toMatch(/SLOT \(AMERICA\/CAYENNE\)/i);
    expect((await run(['list', 'main', '--runs'])).stdout).toMatch(new RegExp(`${backup.id} .* succeeded +1 +cli:`));

    const shown = await run(['show', 'main']);
    expect(shown.stdout).toContain(`by hand, after "sauvegarde --stack ${stack.name} download ${backup.id}":\n  `);
    expect(jsonOf(await run(['show', 'main', '--json']))).toMatchObject({
      backup: { id: backup.id },
      manifest: { id: backup.id, requestedBy: expect.stringMatching(by) },
      scan: { format: 'sauvegarde-scan' },
      proof: { verdict: 'proven' },
      history: [{ action: 'backup-published' }, { action: 'backup-requested', by: expect.stringMatching(by) }],
    });

    const told = await run(['download', 'main']);
    expect(told).toMatchObject({ status: 0 });
    const file = join(folder, /^(\S+): /.exec(told.stdout)?.[1]?.replace(`${folder}/`, '') ?? '');
    const bytes = readFileSync(file);
    expect(told.stdout).toContain(`SHA-256 ${createHash('sha256').update(bytes).digest('hex')} verified`);
    expect(bytes.byteLength).toBe(backup.size);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(zstdDecompressSync(bytes).toString()).toContain('PostgreSQL database dump complete');
    expect((await run(['download', 'main'])).stderr).toMatch(/already exists; nothing was changed\. Use --force/);
    expect((await run(['download', 'main', '--json', 'again.zst'])).stdout).toContain(`"file": "${join(folder, 'again.zst')}"`);

    const held = await run(['hold', 'main', '--reason', 'before the migration']);
    expect(held).toMatchObject({ status: 0, stdout: `${backup.id} is held until you release it\n` });
    expect((await run(['list'])).stdout).toMatch(/held by cli:/);
    const [newer] = jsonOf(await run(['backup', 'main', '--json'])) as [{ id: string }];
    expect((await run(['release', backup.id])).status).toBe(0);
    expect((await run(['release', backup.id])).stderr).toMatch(new RegExp(`${backup.id} is not held`));
    const planned = await run(['rotate', '--dry-run']);
    expect(planned.stdout).toMatch(new RegExp(`${newer.id} .* keep .*\n.*${backup.id} .* retire `));
    expect(await deployed.catalogue.backups.get(backup.id)).toMatchObject({ status: 'published' });
    expect((await run(['rotate', 'main'])).stdout).toMatch(new RegExp(`${backup.id} .* retired `));
    expect(await run(['download', backup.id, 'retired.zst'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/is retired; bring it back first/) });
    expect((await run(['unretire', backup.id])).status).toBe(0);
    const audit = await deployed.catalogue.audit.list({ subject: backup.id });
    expect(audit.map(({ action }) => action)).toEqual([
      'brought-back',
      'retired',
      'released',
      'held',
      'downloaded',
      'downloaded',
      'downloaded',
      'backup-published',
      'backup-requested',
    ]);
    expect(audit.filter(({ action }) => !action.startsWith('backup-')).every((entry) => by.test(entry.by))).toBe(true);
    expect(existsSync(join(folder, 'vault')) || existsSync(join(folder, 'state'))).toBe(false);
  });

  it('a run that fails there ends the command as one here: its error, what to try, and 1', async () => {
    const { deployed, run, stack } = await deployedStack();
    await deployed.setSecret(deployed.secretText({ port: 1 }));
    const { status, stdout, stderr } = await run(['backup', 'main']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/error: .*127\.0\.0\.1.*\nCheck that the server runs, that host and port are right/);
    expect(stderr).not.toContain(deployed.password);
    await stack.settled();
    expect(await run(['show', 'main'])).toMatchObject({ status: 3, stderr: expect.stringMatching(/database main has no good backup yet/) });
    expect(await run(['backup', 'shop'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/no database is called "shop"; configured: main/) });
    expect(await run(['rotate', 'Shop!'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/the event cannot be understood: "database": write a database's name/),
    });
  });

  it('Ctrl-C stops the waiting and says so; the run goes on and makes its backup', async () => {
    const gate = Promise.withResolvers<void>();
    const { deployed, folder, stack } = await deployedStack({ before: (name) => (name === 'publish' ? gate.promise : undefined) });
    const running = start(folder, ['--stack', stack.name, 'backup', 'main'], { env: stack.environment });
    await running.until(/: dumping main \(attempt 1\)/);
    process.kill(running.pid, 'SIGINT');
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toContain(`the waiting was stopped, the runs go on: "sauvegarde --stack ${stack.name} list --runs" shows how they end`);
    expect(stderr).not.toMatch(/next start/);
    gate.resolve();
    await stack.settled();
    expect(await deployed.catalogue.backups.list()).toHaveLength(1);
  });

  it('a download whose address is refused, whose bytes have changed or that breaks off says so and leaves nothing', async () => {
    let address = '';
    const { folder, run } = await deployedStack({
      alter: (name, answer) => (name === 'sign' ? { ...(answer as object), url: address } : answer),
    });
    expect((await run(['backup'])).status).toBe(0);
    const [{ size }] = jsonOf(await run(['list', '--json'])) as [{ size: number }];
    const before = readdirSync(folder);
    const tried = async (url: string) => {
      address = url;
      const { status, stdout, stderr } = await run(['download', 'main', 'here.zst']);
      expect(stdout).toBe('');
      expect(stderr).not.toContain('hidden');
      expect(readdirSync(folder)).toEqual(before);
      return { status, stderr };
    };
    const said =
      (status: number, code: string, message: string): RequestListener =>
      (_, response) =>
        void response.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    expect(await tried(await instead(said(403, 'AccessDenied', 'Request has expired')))).toEqual({
      status: 1,
      stderr: expect.stringMatching(/S3 refused the address for main-\S+ \(403 AccessDenied: Request has expired\); .*Repeat the command for a new one/),
    });
    expect(await tried(await instead(said(400, 'ExpiredToken', 'The provided token has expired.')))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/\(400 ExpiredToken: The provided token has expired\.\)/),
    });
    expect(await tried(await instead(said(404, 'NoSuchKey', 'The specified key does not exist.')))).toMatchObject({ status: 4 });
    expect(await tried(await instead(said(503, 'SlowDown', 'Please reduce your request rate.')))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/S3 did not give \S+ \(503 SlowDown: /),
    });
    expect(await tried(await instead((_, response) => void response.end(Buffer.alloc(size))))).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/SHA-256 .* its bytes were changed/),
    });
    expect(await tried(await instead((_, response) => void response.end(Buffer.alloc(size - 1))))).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(new RegExp(`has ${size - 1} bytes in the vault, its manifest says ${size}`)),
    });
    const cut: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': size }).write(Buffer.alloc(10));
      setTimeout(() => response.destroy(), 50);
    };
    expect(await tried(await instead(cut))).toMatchObject({ status: 1, stderr: expect.stringMatching(/the download of \S+ broke off: .*repeat the command/) });
    expect(await tried(await nowhere())).toMatchObject({ status: 1, stderr: expect.stringMatching(/S3 could not be reached from here .*ECONNREFUSED/) });
  });

  it.each<[what: string, environment: Record<string, string | undefined>, status: number, said: RegExp]>([
    ['credentials', noCredentials, 2, /cannot be looked up: there are no AWS credentials here; set AWS_PROFILE/],
    ['a region', { AWS_REGION: undefined }, 2, /cannot be looked up: no AWS region is set here, or none that is one; set AWS_REGION/],
    ['a region that is one', { AWS_REGION: 'Paris, France' }, 2, /no AWS region is set here, or none that is one/],
    ['a way to AWS', { AWS_ENDPOINT_URL: nobody, AWS_MAX_ATTEMPTS: '1' }, 1, /CloudFormation in eu-west-3 could not be asked: .*ECONNREFUSED/],
  ])('without %s says what is missing', async (_, environment, status, said) => {
    const stack = await stackWith(outputsOf('vault'));
    const ended = await sauvegarde(project(), ['list', '--stack', stack.name], { env: withoutUnset({ ...stack.environment, ...environment }) });
    expect(ended).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(said) });
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });

  it('a stack that is not there, or is none of ours, or whose name is none', async () => {
    const { name, environment } = await stackWith({ Bucket: 'vault' });
    const list = (stack: string) => sauvegarde(project(), ['list', '--stack', stack], { env: environment });
    expect(await list('nowhere')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/there is no stack "nowhere" in eu-west-3 in this account; check its name/),
    });
    expect(await list(name)).toMatchObject({ status: 2, stderr: expect.stringMatching(/has no output AdministerFunction: it is none of Sauvegarde's/) });
  });

  it.each<[what: string, refusal: Refusal, status: number, said: RegExp]>([
    [
      'is gone',
      new Refusal(404, 'ResourceNotFoundException', 'Function not found'),
      2,
      /the function administer is not there any more; deploy the stack again/,
    ],
    [
      'may not be called',
      new Refusal(403, 'AccessDeniedException', 'User: arn:aws:iam::1:user/a is not authorized'),
      2,
      /the function administer may not be called; allow lambda:InvokeFunction on it \(User: .*not authorized\)/,
    ],
    ['is asked with old credentials', new Refusal(403, 'ExpiredTokenException', 'expired'), 2, /cannot be called: these AWS credentials have expired/],
    ['is asked too often', new Refusal(429, 'TooManyRequestsException', 'Rate exceeded'), 1, /could not be called: TooManyRequestsException: Rate exceeded/],
  ])('a function that %s', async (_, refusal, status, said) => {
    const { name, environment } = await stackWith(outputsOf('vault'));
    let calls = 0;
    const endpoint = await lambdaServer(async () => {
      calls += 1;
      throw refusal;
    });
    const ended = await sauvegarde(project(), ['--stack', name, 'list'], { env: { ...environment, AWS_ENDPOINT_URL_LAMBDA: endpoint } });
    expect(ended).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(said) });
    expect(calls, 'an order is given once').toBe(1);
  });

  it.each<[words: string[], said: RegExp]>([
    [['restore', 'main', '--into', 'x'], /restore works on the machine .* "sauvegarde --stack prod show …" prints the commands/],
    [['verify', 'main'], /verify works on the machine .* "sauvegarde --stack prod show …" has the proof/],
    [['doctor'], /doctor works on the machine .* "sauvegarde --stack prod smoke" checks/],
    [['local'], /local works on the machine that it runs on, not with --stack; leave --stack out/],
    [['service'], /service works on the machine that it runs on, not with --stack; leave --stack out/],
  ])('%j is refused, and says what to do', async (words, said) => {
    const folder = project();
    expect(await sauvegarde(folder, [...words, '--stack', 'prod'])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(said) });
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });

  it('the SDK is loaded for a stack alone', async () => {
    const folder = project();
    const hook = join(folder, 'hook.mjs');
    writeFileSync(
      hook,
      `import { registerHooks } from 'node:module';\nregisterHooks({ load: (url, context, next) => { if (url.includes('@aws-sdk')) process.stderr.write('LOADED\\n'); return next(url, context); } });`,
    );
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}`, AWS_REGION: '' };
    expect((await sauvegarde(folder, ['list'], { env })).stderr).not.toContain('LOADED');
    expect((await sauvegarde(folder, ['list', '--stack', 'prod'], { env })).stderr).toContain('LOADED');
  });
});

describeAws('smoke', { timeout: coldStart }, () => {
  it('goes through programs, databases, a scratch server, a dump and a proof inside the functions, and leaves nothing behind', async () => {
    const { deployed, run } = await deployedStack();
    const { status, stdout } = await run(['smoke']);
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^ok +administer: catalogue +0 backups$/m);
    expect(stdout).toMatch(/^ok +dump: programs +pg_dump \(PostgreSQL\) 18.*, psql \(PostgreSQL\) 18/m);
    expect(stdout).toMatch(/^ok +dump: database main +PostgreSQL 18\S* .*, 2 tables, /m);
    expect(stdout).toMatch(
      /^ok +prove: rehearsal +a scratch server \(PostgreSQL 18.*\) was started, and its 2 tables with 1500 rows dumped \(\d+ bytes\), restored and compared/m,
    );
    expect(await deployed.vault.list('')).toEqual([]);
    expect(await deployed.catalogue.runs.list({})).toEqual([]);
    const calls = deployed.calls().filter((call) => call.function !== 'administer');
    expect(calls.map(({ action }) => action)).toEqual(['secretsmanager:GetSecretValue']);
  });

  it('says what is wrong, in which function, and exits with 1', async () => {
    const { deployed, run } = await deployedStack();
    await deployed.setSecret(deployed.secretText({ port: 1 }));
    const { status, stdout } = await run(['smoke', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toContainEqual({
      check: 'dump: database main',
      state: 'wrong',
      found: expect.stringContaining('127.0.0.1'),
      error: 'SourceUnreachableError',
    });
    expect(stdout).not.toContain(deployed.password);
  });

  it('needs the name of a stack', async () => {
    expect(await sauvegarde(project(), ['smoke'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/smoke checks a stack on AWS; name it with --stack/),
    });
  });
});
