/**
 * Functions in a process of their own, as Lambda's runtime for Node calls them. Each line of standard input is an
 * invocation, `{ handler, environment, event, remaining }` in JSON. A handler's module is loaded at its first
 * invocation; the next one finds it as the one before has left it. Logs go to standard output. A result, or an error as
 * the runtime reports it, is one line of JSON on descriptor 3. The process ends with standard input, even if something
 * still runs. The SDK and the catalogue draw their pauses before a retry at random, between nothing and some seconds;
 * here they draw nothing.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Invocation } from './function-process.ts';

Math.random = () => 0;
for await (const line of createInterface(process.stdin)) {
  const { handler: module, environment, event, remaining } = JSON.parse(line) as Invocation;
  Object.assign(process.env, environment);
  const ends = performance.now() + remaining;
  const context = { functionName: process.env.AWS_LAMBDA_FUNCTION_NAME, awsRequestId: 'request-1', getRemainingTimeInMillis: () => ends - performance.now() };
  const loaded = import(module) as Promise<{ handler(event: unknown, context: unknown): Promise<unknown> }>;
  const answer = await loaded
    .then(({ handler }) => handler(event, context))
    .then(
      (result) => ({ result: result ?? null }),
      ({ name, message, stack }: Error) => ({ error: { errorType: name, errorMessage: message, trace: (stack ?? '').split('\n') } }),
    );
  writeSync(3, `${JSON.stringify(answer)}\n`);
}
process.exit();
