import * as z from 'zod';
import { open } from '../../core/operations/backup/open.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, notifier, vault } from '../platform.ts';
import { name, request } from '../shapes.ts';

const input = z.strictObject({ ...request, execution: name });

export const ports = { vault, catalogue, notifier };
export const handler = lambda({ ports, parse: (event) => parseEvent(input, event), operation: open });
