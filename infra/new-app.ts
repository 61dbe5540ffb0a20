import { App, type AppProps, cx_api } from 'aws-cdk-lib';

/** Makes a CDK app with every behaviour that the CDK recommends today, instead of a list of flags in cdk.json. */
export function newApp({ context, ...props }: AppProps = {}): App {
  return new App({ analyticsReporting: false, context: { ...cx_api.CURRENTLY_RECOMMENDED_FLAGS, ...context }, ...props });
}
