/**
 * A function in a process of its own, as Lambda's runtime for Node calls it: `node invoke-function.ts FILE`, with `{ event, remaining }` on standard input. What it logs goes to standard output; its result, or its error as the
 * runtime reports it, is one line of JSON on descriptor 3. The pauses of the SDK and of the catalogue before they repeat something are drawn at random, between nothing and some seconds: here nothing is drawn.
 */
import { writeSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

Math.random = () => 0;
const { event, remaining } = (await json(process.stdin)) as { event: unknown; remaining: number };
const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler(event: unknown, context: unknown): Promise<unknown> };
const ends = performance.now() + remaining;
const context = { functionName: process.env.AWS_LAMBDA_FUNCTION_NAME, awsRequestId: 'request-1', getRemainingTimeInMillis: () => ends - performance.now() };
const answer = await handler(event, context).then(
  (result) => ({ result: result ?? null }),
  ({ name, message, stack }: Error) => ({ error: { errorType: name, errorMessage: message, trace: (stack ?? '').split('\n') } }),
);
writeSync(3, `${JSON.stringify(answer)}\n`);
process.exit();
