import { text } from 'node:stream/consumers';
import { startReading } from '../../../bytes/tool.ts';
import { SourceUnreadableError, ToolTooOldError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { postgresCard, postgresMajor } from '../card.ts';

/** Oldest major version whose catalogues have what we ask for. */
const oldest = 12;

/**
 * Throws ToolTooOldError if a server is of a newer major version than our programs, and SourceUnreadableError if it is
 * too old.
 */
export function refuseUnknown(version: string): void {
  const major = Number.parseInt(version, 10);
  if (major > postgresMajor) throw new ToolTooOldError(`the server is PostgreSQL ${version}; the tools are of version ${postgresMajor}`);
  if (major < oldest) throw new SourceUnreadableError(`the server is PostgreSQL ${version}; versions ${oldest} to ${postgresMajor} can be backed up`);
}

/** Remarks on a source that is newer, if only by its minor version, than pg_dump or than its scratch server. */
export async function remarksOnVersion(version: string, { tools, signal }: Pick<Work, 'tools' | 'signal'>): Promise<string[]> {
  const tool = postgresCard.products[0].programs.clients;
  const { blocks, ended } = await startReading(await tools.client(tool.dump, signal), [...tool.versionArguments], { env: {}, signal });
  const [said] = await Promise.all([text(blocks), ended]);
  const own = tool.answer.exec(said)?.slice(1).join('.') ?? '';
  const server = await tools.serverVersion('postgres', Number.parseInt(version, 10));
  return [
    ...(isNewer(version, own)
      ? [`PostgreSQL ${version} is newer than ${tool.dump} ${own}, which may not know all that it has: update ${tool.dump} or Sauvegarde`]
      : []),
    ...(server !== undefined && isNewer(version, server)
      ? [`PostgreSQL ${version} is newer than the scratch server ${server}: a proof leaves out options that this does not know, and names them`]
      : []),
  ];
}

/** Compares `15.20 (Debian …)` with `15.18`, number by number. */
export function isNewer(version: string, than: string): boolean {
  const numbers = (text: string) => (/^[\d.]*/.exec(text)?.[0] ?? '').split('.').map(Number);
  const [[major = 0, minor = 0], [ownMajor = 0, ownMinor = 0]] = [numbers(version), numbers(than)];
  return major > ownMajor || (major === ownMajor && minor > ownMinor);
}
