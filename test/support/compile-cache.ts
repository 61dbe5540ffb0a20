import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The tests start hundreds of processes of ours; they share the cache that the command line keeps. */
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/sauvegarde', import.meta.url)));
