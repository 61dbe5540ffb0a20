import { outcomeVariable } from '../../core/names.ts';

/** Runs a build's program, and hands on what it wrote. */
function commandsOf(programs: string, main = 'main.mjs'): string[] {
  return [`SAUVEGARDE_PROGRAMS=${programs} node ${main} outcome`, `export ${outcomeVariable}="$(cat outcome)"`];
}

/** Returns the commands of the build that dumps, whose clients may have lost the right to execute in a zip file. */
export function withClients(): string[] {
  return ['chmod -R u+x database-tools', ...commandsOf('"$PWD"')];
}

/**
 * Returns the commands of a build whose program, `main`, starts servers: in a folder that everybody can enter, since
 * these run as another user than root, whom a build has.
 */
export function withServers(main?: string): string[] {
  return ['mv programs /opt/sauvegarde', 'chmod -R a+rX,u+x /opt/sauvegarde', ...commandsOf('/opt/sauvegarde', main)];
}
