import type { Author } from '../../catalogue/audit.ts';
import { detailText, type RefusedOrder } from '../../catalogue/audit-details.ts';
import { BackupFlawedError, RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';

/** Returns an order that writes into the audit log who was refused what, and why, and then throws as before. */
export function auditingRefusals<Platform extends With<'catalogue'>, Input extends { backup: string } & Author, Rest extends unknown[], Output>(
  order: RefusedOrder,
  work: (platform: Platform, input: Input, ...rest: Rest) => Promise<Output>,
): (platform: Platform, input: Input, ...rest: Rest) => Promise<Output> {
  return async (platform, input, ...rest) => {
    try {
      return await work(platform, input, ...rest);
    } catch (error) {
      const { backup: subject, by, claimed } = input;
      if (error instanceof RefusedError || error instanceof BackupFlawedError)
        await platform.catalogue.audit.append({
          at: platform.clock.now().toISOString(),
          by,
          claimed,
          action: 'refused',
          subject,
          detail: detailText({ about: 'refusal', order, message: error.message }),
        });
      throw error;
    }
  };
}
