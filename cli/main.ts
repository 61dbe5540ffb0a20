import { waitsInVain } from '../local/answering-vault.ts';
import { endProcess } from './end-process.ts';
import { exit } from './exit.ts';
import { run } from './run.ts';

// a reader that stops early (| head) is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exit.done : exit.failed));

process.exitCode = await run(process.argv.slice(2), process);
if (waitsInVain()) endProcess(process.exitCode);
