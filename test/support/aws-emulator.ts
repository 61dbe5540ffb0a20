import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** An emulator of AWS's APIs over HTTP: moto's server, or the endpoint in `SAUVEGARDE_TEST_AWS_ENDPOINT`. */
export interface AwsEmulator {
  endpoint: string;
}

const given = process.env.SAUVEGARDE_TEST_AWS_ENDPOINT;

/** Python of the repository's own environment, which `.ci/run` makes, and of the machine. */
const pythons = [join(import.meta.dirname, '../../.venv/bin/python3'), 'python3'];

let found: Promise<string | undefined> | undefined;

/** Looks for packages without loading them, which would take more than a second. */
const lookForMoto = "import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, ['moto', 'flask', 'flask_cors', 'werkzeug'])))";

/** Finds a Python that has moto's server, once. */
function pythonWithMoto(): Promise<string | undefined> {
  found ??= findPython();
  return found;
}

async function findPython(): Promise<string | undefined> {
  for (const python of pythons) {
    const hasIt = await promisify(execFile)(python, ['-c', lookForMoto], { timeout: 60_000 }).then(
      () => true,
      () => false,
    );
    if (hasIt) return python;
  }
  return undefined;
}

/** Explains why there is none here, and the remedy; empty if there is one. */
export async function awsAbsence(): Promise<string> {
  if (given || (await pythonWithMoto())) return '';
  return "Install moto's server (python3 -m venv .venv && .venv/bin/pip install 'moto[server]'), or name an emulator in SAUVEGARDE_TEST_AWS_ENDPOINT.";
}

/** Starts the emulator. Its state is in memory and shared: tests use buckets, tables and secrets of their own. */
export async function startAwsEmulator(): Promise<AwsEmulator & AsyncDisposable> {
  if (given) return { endpoint: given, [Symbol.asyncDispose]: async () => undefined };
  const python = await pythonWithMoto();
  if (python === undefined) throw new Error(await awsAbsence());
  const child = spawn(python, ['-u', join(import.meta.dirname, 'emulator.py'), '-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    const endpoint = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (!endpoint) continue;
    child.stderr.resume();
    return {
      endpoint,
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }
  throw new Error(`moto's server did not start: ${said.join(' ')}`);
}
