import * as z from 'zod';
import { secret } from './connections.ts';
import { secretName } from './secret-name.ts';

const addressMistake = "write env('NAME_OF_A_VARIABLE'), or on AWS { secret: 'prod/slack' }";
/** An address that holds a secret: in the environment, in Secrets Manager, or as text. */
export const secretAddress = z.union([secret, z.strictObject({ secret: secretName(addressMistake) })], { error: addressMistake });

const notifyMistake =
  "write { slack: env('SLACK_URL') }, { teams: … }, { discord: … }, { googleChat: … }, { ntfy: … } or { webhook: env('HOOK_URL'), key: env('HOOK_KEY') }";

/** Ways of telling people besides mail; `core/notify/presets.ts` has the shape of each. */
export const notify = z
  .array(
    z.union(
      [
        z.strictObject({ slack: secretAddress }),
        z.strictObject({ teams: secretAddress }),
        z.strictObject({ discord: secretAddress }),
        z.strictObject({ googleChat: secretAddress }),
        z.strictObject({ ntfy: secretAddress }),
        z.strictObject({ webhook: secretAddress, key: secretAddress.optional() }),
      ],
      { error: notifyMistake },
    ),
    `write a list such as [{ slack: env('SLACK_URL') }]`,
  )
  .default([])
  .describe(
    "Ways of telling people besides mail: `[{ slack: env('SLACK_URL') }, …]` with `slack`, `teams`, `discord`, `googleChat`, `ntfy` or `webhook` (with a `key` that signs). On AWS `{ slack: { secret: 'prod/slack' } }`. `docs/telling.md` explains each.",
  );

export const heartbeat = secretAddress
  .optional()
  .describe(
    'Address of a service that alarms when it hears nothing (healthchecks.io, Uptime Kuma, Better Stack): it is called when a run starts, succeeds and fails. A database can have its own.',
  );

export type SecretAddress = z.output<typeof secretAddress>;
export type NotifyConfig = z.output<typeof notify>;
