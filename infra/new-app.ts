import { readFileSync } from 'node:fs';
import { App, type AppProps } from 'aws-cdk-lib';

/**
 * Behaviours of the CDK that its newer versions may change: those of cdk.json, so that an update alone replaces
 * nothing.
 */
const { context: pinned } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as { context: Record<string, unknown> };

/** Makes a CDK app with the behaviours that cdk.json pins, whoever starts it. */
export function newApp({ context, ...props }: AppProps = {}): App {
  return new App({ analyticsReporting: false, context: { ...pinned, ...context }, ...props });
}
