import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Work } from '../../core/engines/engine.ts';
import { testWork, withTools } from './engine-work.ts';
import { temporaryFolder } from './folder.ts';

/** Makes work that notes each client program that it starts, by name and in order. */
export function notingClients(): { work: Work; started: () => string[] } {
  const [work, file] = [testWork(), join(temporaryFolder(), 'started')];
  const noting = ['-c', `echo "$0" >>'${file}'; exec "$@"`];
  return {
    work: withTools(work, {
      client: async (program, signal) => {
        const launch = await work.tools.client(program, signal);
        return { ...launch, command: '/bin/sh', args: [...noting, program, launch.command, ...launch.args] };
      },
    }),
    started: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []),
  };
}
