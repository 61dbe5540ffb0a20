import * as z from 'zod';

/** Address of mail. */
export const address = z.email('write an address such as "admin@example.org"');

/** List of addresses, each once. Case makes no other mailbox, nor another user of the console. */
export const addresses = z.array(address, 'write a list of addresses').superRefine((list, context) => {
  const seen = new Set<string>();
  for (const [index, each] of list.entries()) {
    if (seen.has(each.toLowerCase())) context.addIssue({ code: 'custom', path: [index], message: 'is in the list already; write each address once' });
    seen.add(each.toLowerCase());
  }
});
