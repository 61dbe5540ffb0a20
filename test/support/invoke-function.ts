/**
 * Functions in a process of their own, as Lambda's runtime for Node calls them. Each line of standard input is an
 * invocation, `{ handler, factory, environment, event, remaining }` in JSON. A handler's module is loaded at its first
 * invocation; the next one finds it as the one before has left it. With a `factory` (`bundle-factory.ts`) that makes it,
 * its code is compiled once for all deployments, of which the last one's modules are kept. Logs go to standard output. A
 * result, or an error as the runtime reports it, is one line of JSON on descriptor 3. The process ends with standard
 * input, even if something still runs. The SDK and the catalogue draw their pauses before a retry at random, between
 * nothing and some seconds; here they draw nothing.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Invocation } from './function-process.ts';

interface Loaded {
  handler(event: unknown, context: unknown): Promise<unknown>;
}

const made = new Map<string, Loaded>();
const compiled = new Set<string>();
let deployment = '';

async function load(handler: string, factory: string | undefined): Promise<Loaded> {
  if (factory === undefined) return (await import(handler)) as Loaded;
  const own = new URL('..', handler).href;
  if (own !== deployment) made.clear();
  deployment = own;
  const known = made.get(handler);
  if (known) return known;
  compiled.add(factory);
  const { default: make } = (await import(factory)) as { default(meta: Pick<ImportMeta, 'url' | 'dirname'>): Loaded };
  const loaded = make({ url: handler, dirname: dirname(fileURLToPath(handler)) });
  made.set(handler, loaded);
  return loaded;
}

Math.random = () => 0;
for await (const line of createInterface(process.stdin)) {
  const { handler: module, factory, environment, event, remaining } = JSON.parse(line) as Invocation;
  Object.assign(process.env, environment);
  const known = compiled.size;
  const ends = performance.now() + remaining;
  const context = { functionName: process.env.AWS_LAMBDA_FUNCTION_NAME, awsRequestId: 'request-1', getRemainingTimeInMillis: () => ends - performance.now() };
  const answer = await load(module, factory)
    .then(({ handler }) => handler(event, context))
    .then(
      (result) => ({ result: result ?? null }),
      ({ name, message, stack }: Error) => ({ error: { errorType: name, errorMessage: message, trace: (stack ?? '').split('\n') } }),
    );
  writeSync(3, `${JSON.stringify(answer)}\n`);
  if (compiled.size > known) flushCompileCache(); // for the processes that start before this one ends
}
process.exit();
