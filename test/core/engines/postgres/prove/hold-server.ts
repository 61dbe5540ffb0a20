/** A program that starts a scratch server, says where it is, and waits to be killed: `node hold-server.ts <folder of the server's programs> <scratch folder> [folder of templates]`. */
import { ScratchServer } from '../../../../../core/engines/postgres/prove/scratch-server.ts';
import { launcher } from '../../../../support/programs.ts';

const [folder = '', scratch = '', templates = ''] = process.argv.slice(2);
const server = await ScratchServer.start({ launch: await launcher(folder), scratch, templates: templates || undefined, signal: new AbortController().signal });
console.log(JSON.stringify({ pid: server.pid, host: server.host }));
setInterval(() => undefined, 60_000);
