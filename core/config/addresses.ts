import * as z from 'zod';
import { eachOnce } from './each-once.ts';

/** Address of mail. */
export const address = z.email('write an address such as "admin@example.org"');

/** List of addresses, each once. Case makes no other mailbox, nor another user of the console. */
export const addresses = z.array(address, 'write a list of addresses').superRefine(eachOnce('address', (each) => each.toLowerCase()));
