import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { makeConsole } from '../../console/app.ts';
import { openIdDoor } from '../../console/doors/openid.ts';
import { readSecret } from '../../core/aws/secrets.ts';
import { stackHome } from '../../core/aws/stack-home.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { cognitoGroup } from '../../core/names.ts';
import { type Context, platformOf } from '../lambda.ts';
import { FunctionLog } from '../log.ts';
import { entrance, stack } from '../platform.ts';

/** Time that somebody stays signed in, in seconds; then the provider is asked again, which may have sent them away. */
const anHour = 3600;
/** Orders end before API Gateway gives up, which it does after 30 seconds, in milliseconds. */
const longestOrder = 27_000;

/** Ports of the console. It reads neither the vault nor the catalogue: functions that may do so for it. */
export const ports = { stack, entrance };

const log = new FunctionLog();
let served: Promise<ReturnType<typeof handle>> | undefined;

/** Serves a request of an HTTP API (payload version 2.0). */
export async function handler(event: LambdaEvent, context: Context): Promise<unknown> {
  log.begin({ function: context.functionName, request: context.awsRequestId });
  served ??= serve();
  try {
    return await (await served)(event);
  } catch (error) {
    served = undefined; // what failed is made again
    log.error(`console: ${(error as Error).name}: ${(error as Error).message}`);
    throw error;
  }
}

async function serve(): Promise<ReturnType<typeof handle>> {
  const { clock, config, entrance: settings, stack: functions } = platformOf(ports, log);
  const { console: pages } = config.aws;
  if (pages === false) throw new ConfigurationError('the console is turned off; deploy the stack again');
  const own = pages.auth === 'cognito' ? undefined : pages.auth;
  const secret = own?.clientSecret?.secret;
  const origin = settings.SAUVEGARDE_ORIGIN;
  const app = makeConsole({
    homeFor: ({ by }) => stackHome({ stack: functions, timeZone: config.timeZone, by, signal: AbortSignal.timeout(longestOrder), log }),
    door: openIdDoor({
      issuer: settings.SAUVEGARDE_ISSUER,
      clientId: settings.SAUVEGARDE_CLIENT,
      clientSecret: secret === undefined ? undefined : () => readSecret(secret),
      groupClaim: own?.groupClaim ?? 'cognito:groups',
      group: own?.group ?? cognitoGroup,
      origin,
      signOut: settings.SAUVEGARDE_SIGN_OUT || undefined,
    }),
    key: Buffer.from(await readSecret(settings.SAUVEGARDE_SESSION_KEY)),
    cookie: '__Host-sauvegarde',
    sessionSeconds: anHour,
    knowsPeople: false,
    origins: [origin],
    downloads: settings.SAUVEGARDE_DOWNLOADS,
    commandOptions: ` --stack ${settings.SAUVEGARDE_STACK}`,
    language: config.language,
    clock,
    log,
  });
  return handle(app);
}
