import { expect, it } from 'vitest';
import { project, sauvegarde } from '../support/cli.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

it('alert --test sends one by every way and says which took it, with what to try', async () => {
  const [works, fails] = [await webhookReceiver(), await webhookReceiver((response) => void response.writeHead(403).end())];
  const notify = [{ slack: { env: 'SLACK_URL' } }, { ntfy: { env: 'NTFY_URL' } }];
  const folder = project({ administrators: ['admin@example.org'], notify });
  const env = { SLACK_URL: `${fails.url}/services/hidden`, NTFY_URL: `${works.url}/hidden-topic` };
  const { status, stdout, stderr } = await sauvegarde(folder, ['alert', '--test'], { env });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^mail: taken\nslack: NOT TAKEN: slack answers 403\n {2}Check the address .*\nntfy: taken\n$/);
  expect(works.received).toHaveLength(1);
  expect(stdout + stderr).not.toContain('hidden');
  const json = await sauvegarde(folder, ['alert', '--test', '--json'], { env: { ...env, SLACK_URL: `${works.url}/x` } });
  expect(json.status).toBe(0);
  expect(JSON.parse(json.stdout)).toEqual([{ way: 'mail' }, { way: 'slack' }, { way: 'ntfy' }]);
});

it('alert without --test sends nothing, and where nobody would be told that is a failure', async () => {
  expect(await sauvegarde(project(), ['alert'])).toMatchObject({ status: 2, stderr: expect.stringContaining('confirm with --test') });
  expect(await sauvegarde(project(), ['alert', '--test'])).toMatchObject({ status: 1, stdout: expect.stringContaining('nobody would be told') });
});
