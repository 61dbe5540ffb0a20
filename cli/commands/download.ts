import { createWriteStream } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { storageError } from '../../core/bytes/storage-error.ts';
import { RefusedError } from '../../core/errors.ts';
import { sizeText } from '../../core/figures.ts';
import { encryptedSuffix } from '../../core/names.ts';
import type { Download } from '../../core/operations/orders/home.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { fileExample } from '../examples.ts';
import { print, printJson, type Talk } from '../output.ts';
import { running } from '../running.ts';

interface DownloadOptions extends CommonOptions {
  force?: boolean;
}

export function register(program: Command): void {
  program
    .command('download')
    .description('copy the dump of a backup out of the vault, verifying its bytes; it stays compressed, and encrypted if it is')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .argument('[file]', 'where to put it: a file, or - for standard output; by default its own name, here')
    .option('-f, --force', 'overwrite the file')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', `\nExamples:\n  sauvegarde download main\n  sauvegarde download main - | zstd -d > ${fileExample}\n`)
    .action(async (name: string, file: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<DownloadOptions>();
      await withHome(options, async (home, { signal, talk }) => {
        const dump = await home.download(name);
        const watched = watching(dump, talk);
        if (file === '-') return pipeline(Readable.from(watched), running().stdout, { signal, end: false });
        const target = resolve(file ?? basename(dump.file));
        await write(watched, target, options.force ?? false, signal);
        if (options.json) printJson({ backup: dump.backup, file: target, size: dump.size, sha256: dump.sha256 });
        else {
          print(`${target}: ${sizeText(dump.size)}, SHA-256 ${dump.sha256} verified`);
          if (dump.file.endsWith(encryptedSuffix))
            talk.info(`it is encrypted; age -d -i key.txt -o ${dump.file.slice(0, -encryptedSuffix.length)} ${dump.file} opens it`);
        }
      });
    });
}

/** Writes to a temporary name first: a file under the target's name is complete and verified. */
async function write(bytes: AsyncIterable<Uint8Array>, target: string, force: boolean, signal: AbortSignal): Promise<void> {
  const aside = join(dirname(target), `.${basename(target)}.downloading-${process.pid}`);
  try {
    await pipeline(Readable.from(bytes), createWriteStream(aside, { flags: 'wx', mode: 0o600, flush: true }), { signal });
    await (force ? rename(aside, target) : link(aside, target));
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new RefusedError(`${target} already exists; nothing was changed. Use --force to overwrite it`);
    throw storageError(error, `write ${target}`);
  } finally {
    await rm(aside, { force: true });
  }
}

async function* watching({ backup, bytes, size: total }: Download, talk: Talk): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of bytes) {
    yield chunk;
    done += chunk.byteLength;
    talk.progress({ run: backup, step: 'download', bytes: done, total });
  }
}
