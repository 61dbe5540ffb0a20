import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Shares the command line's cache of compiled code with the hundreds of processes that tests start. */
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/sauvegarde', import.meta.url)));
