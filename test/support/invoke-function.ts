/**
 * A function in a process of its own, as Lambda's runtime for Node calls it: `node invoke-function.ts FILE`. Each line
 * of standard input is an invocation, `{ event, remaining }` in JSON; the next one finds the process as the one before
 * has left it. The function's log goes to standard output. Its result, or its error as the runtime reports it, is one
 * line of JSON on descriptor 3. The process ends with standard input, even if something still runs. The SDK and the
 * catalogue draw their pauses before a retry at random, between nothing and some seconds; here they draw nothing.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

Math.random = () => 0;
const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler(event: unknown, context: unknown): Promise<unknown> };
for await (const line of createInterface(process.stdin)) {
  const { event, remaining } = JSON.parse(line) as { event: unknown; remaining: number };
  const ends = performance.now() + remaining;
  const context = { functionName: process.env.AWS_LAMBDA_FUNCTION_NAME, awsRequestId: 'request-1', getRemainingTimeInMillis: () => ends - performance.now() };
  const answer = await handler(event, context).then(
    (result) => ({ result: result ?? null }),
    ({ name, message, stack }: Error) => ({ error: { errorType: name, errorMessage: message, trace: (stack ?? '').split('\n') } }),
  );
  writeSync(3, `${JSON.stringify(answer)}\n`);
}
process.exit();
