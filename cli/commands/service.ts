import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadConfigFile } from '../../core/config/config-file.ts';
import { userName } from '../../local/user.ts';
import type { CommonOptions } from '../context.ts';
import { fileProducts } from '../examples.ts';
import { print } from '../output.ts';

export function registerService(program: Command): void {
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
      print(unit(folder, ['local', ...(file === undefined ? [] : [resolve(file)]), '--config', resolve(options.config)]));
    });
}

/** Writes the unit. Secrets go into the environment file, which only root must be able to read. */
function unit(folder: string, words: string[]): string {
  const program = fileURLToPath(new URL('../sauvegarde.js', import.meta.url));
  return `[Unit]
Description=Sauvegarde: database backups that are proven by restoring them
After=network-online.target
Wants=network-online.target

[Service]
User=${userName() ?? process.getuid?.()}
WorkingDirectory=${escaped(folder)}
EnvironmentFile=-/etc/sauvegarde.env
ExecStart=${quoted(process.execPath)} --max-semi-space-size=1 ${quoted(program)} ${words.map(quoted).join(' ')}
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
