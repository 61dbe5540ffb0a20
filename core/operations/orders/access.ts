import type { Author } from '../../catalogue/audit.ts';
import type { With } from '../../platform.ts';

export interface AccessInput extends Author {
  event: 'signed-in' | 'signed-out' | 'sign-in-refused';
  /** Reason of a refusal. */
  detail?: string | undefined;
}

/** Notes in the audit log that somebody has entered or left the console, or was refused. */
export async function noteAccess({ catalogue, clock }: With<'catalogue'>, { event, detail = '', by, claimed }: AccessInput): Promise<void> {
  await catalogue.audit.append({ at: clock.now().toISOString(), by, claimed, action: event, subject: 'console', detail });
}
