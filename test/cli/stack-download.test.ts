import { readdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { describeAws } from '../support/aws.ts';
import { deployedStack, jsonOf } from '../support/deployed-stack.ts';
import { addressOf, listening } from '../support/mail-server.ts';
import { coldStart } from '../support/programs.ts';

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
});
