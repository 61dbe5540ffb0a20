import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadConfigFile } from '../../core/config/config-file.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { userName } from '../../local/user.ts';
import { addressVariable } from '../chosen-config.ts';
import { type CommonOptions, talk } from '../context.ts';
import { fileProducts } from '../examples.ts';
import { print } from '../output.ts';

/** File with the variables of the service. */
const environmentFile = '/etc/sauvegarde.env';

export function register(program: Command): void {
  program
    .command('service')
    .description('print a systemd unit that keeps "sauvegarde local" running')
    .argument('[file]', `protect this ${fileProducts} file instead of the configured databases, as \`local\` does`)
    .addHelpText(
      'after',
      '\nExample:\n  sauvegarde service | sudo tee /etc/systemd/system/sauvegarde.service\n  sudo systemctl daemon-reload && sudo systemctl enable --now sauvegarde\n',
    )
    .action(async (file: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const { folder } = await loadConfigFile(options.config);
      const byAddress = file === undefined && (process.env[addressVariable] ?? '') !== '';
      if (byAddress) talk.warn(`write ${addressVariable}=… into ${environmentFile}, which only root may read; the service does not start without it`);
      print(unit(folder, byAddress, ['local', ...(file === undefined ? [] : [resolve(file)]), '--config', resolve(options.config)]));
    });
}

/** Writes the unit. Secrets go into the environment file, which only root must be able to read. */
function unit(folder: string, byAddress: boolean, words: string[]): string {
  // no escape puts a line's end into a path of a unit
  if ([folder, process.execPath, ...words].some((word) => /[\n\r]/.test(word)))
    throw new ConfigurationError('a path has a line end, which systemd cannot read');
  const program = fileURLToPath(new URL('../sauvegarde.js', import.meta.url));
  return `[Unit]
Description=Sauvegarde: database backups that are proven by restoring them
After=network-online.target remote-fs.target
Wants=network-online.target

[Service]
User=${userName() ?? process.getuid?.()}
WorkingDirectory=${escaped(folder)}
EnvironmentFile=${byAddress ? '' : '-'}${environmentFile}
${byAddress ? `ExecStartPre=/bin/sh -c "test -n \\"$$${addressVariable}\\""\n` : ''}ExecStart=${quoted(process.execPath)} --max-semi-space-size=1 ${quoted(program)} ${words.map(quoted).join(' ')}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
UMask=0077
NoNewPrivileges=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target`;
}

/** Quotes a word as in systemd.service(5): words may be quoted; `%` begins a specifier and `$` a variable. */
function quoted(word: string): string {
  if (/^[a-z-]+$/.test(word)) return word;
  return `"${escaped(word).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$')}"`;
}

function escaped(word: string): string {
  return word.replaceAll('%', '%%');
}
