import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface OtherProcess {
  readonly pid: number;
  /** Returns its output so far. */
  said(): string;
  /** Closes its standard input, which it takes as the order to end, and waits for its end. */
  end(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/**
 * Starts an ES module in a process of its own and returns after its first line of output. `words` are its arguments. It
 * is killed when the test has finished.
 */
export async function otherProcess(source: string, ...words: string[]): Promise<OtherProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  onTestFinished(() => stopped(child, closed));
  await Promise.race([once(child.stdout, 'data'), closed]);
  if (text === '') throw new Error(`the other process ended with ${child.exitCode} before it said anything`);
  return {
    pid: child.pid ?? 0,
    said: () => text,
    end: async () => {
      child.stdin.end();
      await closed;
    },
    kill: () => stopped(child, closed),
  };
}

/** Opens a database in another process, runs the statements and keeps the connection open until `end`. */
export function holding(file: string, sql: string): Promise<OtherProcess> {
  return otherProcess(
    `import { DatabaseSync } from 'node:sqlite';
    const [file, sql] = process.argv.slice(1);
    const database = new DatabaseSync(file, { timeout: 5000 });
    database.exec(sql);
    console.log('ready');
    process.stdin.resume().on('end', () => process.exit());`,
    file,
    sql,
  );
}

async function stopped(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await closed;
}
