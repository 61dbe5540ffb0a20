import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { describeAws } from '../support/aws.ts';
import { project, sauvegarde, start } from '../support/cli.ts';
import { lambdaServer, outputsOf, Refusal, stackWith } from '../support/stack.ts';

const nobody = 'http://127.0.0.1:1';

/** Without credentials on this machine, whatever its own are. */
const noCredentials = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };

function withoutUnset(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

describeAws('--stack', () => {
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

  it('of several in one stack takes the one that is named, and names them', async () => {
    const prefixed = (id: string) => Object.fromEntries(Object.entries(outputsOf('vault')).map(([key, value]) => [`${id}${key}`, `${id}-${value}`]));
    const { name, environment } = await stackWith({ ...prefixed('Backups'), ...prefixed('Others') });
    const called: string[] = [];
    const endpoint = await lambdaServer(async (each) => {
      called.push(each);
      return { items: [] };
    });
    const list = (stack: string) => sauvegarde(project(), ['list', '--stack', stack], { env: { ...environment, AWS_ENDPOINT_URL_LAMBDA: endpoint } });
    const both = `write --stack ${name}/Backups or --stack ${name}/Others`;
    expect(await list(name)).toMatchObject({ status: 2, stderr: expect.stringContaining(`holds several Sauvegardes; ${both}`) });
    expect(await list(`${name}/Nobody`)).toMatchObject({ status: 2, stderr: expect.stringContaining(`no Sauvegarde "${name}/Nobody"; ${both}`) });
    expect(await list(`${name}/Others`)).toMatchObject({ status: 0 });
    expect(called).toEqual(['Others-administer']);
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
    [['restore', 'main', '--into', 'x'], /a stack restores into a target of its configuration: write --to NAME.* "show" prints the commands/],
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
    expect((await start(folder, ['list'], { env }).ended).stderr).not.toContain('LOADED');
    expect((await start(folder, ['list', '--stack', 'prod'], { env }).ended).stderr).toContain('LOADED');
  });
});
