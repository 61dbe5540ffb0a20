import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { expect, it, onTestFinished } from 'vitest';
import { runBuild } from '../../../core/aws/builds.ts';
import { checkOnBuild, findingsOfBuild } from '../../../core/operations/orders/check-on-build.ts';
import { TestClock } from '../../support/clock.ts';
import { addressOf, listening } from '../../support/mail-server.ts';

const order = { minutes: 15, variables: { SAUVEGARDE_CHECK: '{"check":true}' } };
const running = { id: 'project:1', buildStatus: 'IN_PROGRESS' };

/** Runs a build of a CodeBuild that gives these answers in turn; one with a type is an error. */
async function build(...answers: object[]) {
  const asked: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ target: String(request.headers['x-amz-target']).split('.')[1], ...((await json(request)) as object) });
    const answer = answers.shift() ?? {};
    response.writeHead('__type' in answer ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = new CodeBuildClient({
    endpoint: `http://${addressOf(server)}`,
    region: 'eu-west-3',
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
  const clock = new TestClock();
  const exported = await runBuild({ client, clock }, 'project', order).catch((error: Error) => error);
  return { asked, clock, exported };
}

it('starts a build with the variables and its time, waits for its end, and returns what it exported', async () => {
  const findings = [{ check: 'programs', state: 'ok' as const, found: 'there' }];
  const value = await checkOnBuild(async () => findings);
  const ended = { ...running, buildStatus: 'SUCCEEDED', exportedEnvironmentVariables: [{ name: 'SAUVEGARDE_OUTCOME', value }] };
  const { asked, clock, exported } = await build({ build: running }, { builds: [running] }, { builds: [ended] });
  expect(asked).toEqual([
    {
      target: 'StartBuild',
      projectName: 'project',
      environmentVariablesOverride: [{ name: 'SAUVEGARDE_CHECK', value: '{"check":true}', type: 'PLAINTEXT' }],
      timeoutInMinutesOverride: 15,
      queuedTimeoutInMinutesOverride: 15,
      idempotencyToken: expect.stringMatching(/./),
    },
    { target: 'BatchGetBuilds', ids: ['project:1'] },
    { target: 'BatchGetBuilds', ids: ['project:1'] },
  ]);
  expect(clock.slept).toEqual([5, 5]);
  expect(await findingsOfBuild(exported as { Name: string; Value: string }[])).toEqual(findings);
});

it.each([
  [
    'fails in a phase',
    [
      {
        build: {
          ...running,
          buildStatus: 'FAILED',
          phases: [{ phaseType: 'DOWNLOAD_SOURCE', contexts: [{ statusCode: 'CLIENT_ERROR', message: 'no route' }] }],
        },
      },
    ],
    'InterruptedError',
    /a build of project ended as FAILED; DOWNLOAD_SOURCE: CLIENT_ERROR: no route/,
  ],
  ['is forgotten', [{ build: running }, { builds: [], buildsNotFound: ['project:1'] }], 'InterruptedError', /does not know it any more/],
  ['may not be started', [{ __type: 'AccessDeniedException', message: 'no' }], 'ConfigurationError', /allow codebuild:StartBuild and codebuild:BatchGetBuilds/],
  ['has no quota', [{ __type: 'AccountLimitExceededException', message: 'Cannot have more than 0 builds' }], 'ConfigurationError', /Service Quotas/],
  ['has no project', [{ __type: 'ResourceNotFoundException', message: 'gone' }], 'ConfigurationError', /deploy the stack again/],
  ['cannot be asked for', [{ __type: 'InvalidInputException', message: 'odd' }], 'UnexpectedError', /InvalidInputException: odd/],
])('tells why, and what to do, when a build %s', async (_, answers, name, message) => {
  const { exported } = await build(...answers);
  expect(exported).toMatchObject({ name, message: expect.stringMatching(message) });
});

it('takes no findings from what no check has written', async () => {
  expect(await findingsOfBuild([])).toBeUndefined();
  expect(await findingsOfBuild([{ Name: 'SAUVEGARDE_OUTCOME', Value: 'noted' }])).toBeUndefined();
});

it('makes a finding of a check that fails or says too much', async () => {
  const ofCheck = async (check: Parameters<typeof checkOnBuild>[0]) => findingsOfBuild([{ Name: 'SAUVEGARDE_OUTCOME', Value: await checkOnBuild(check) }]);
  expect(await ofCheck(async () => Promise.reject(new TypeError('odd')))).toMatchObject([{ state: 'wrong', found: expect.stringContaining('odd') }]);
  const random = () => Array.from({ length: 9000 }, () => Math.random().toString(36).charAt(2)).join('');
  const many = await ofCheck(async () => Array.from({ length: 20 }, () => ({ check: 'x', state: 'ok' as const, found: random() })));
  expect(many).toMatchObject([{ state: 'wrong', found: expect.stringContaining('too long to be handed on') }]);
});
