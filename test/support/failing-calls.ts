import fs from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished } from 'vitest';

type Call = (...words: unknown[]) => unknown;
type Calls = Record<string, Call>;

/** Calls of a file system by promises, direct ones, and those of an open file. */
const byPromise = ['open', 'chmod', 'chown', 'readdir', 'stat', 'mkdir', 'link', 'rename', 'rm', 'utimes', 'readFile', 'writeFile', 'mkdtemp', 'statfs'];
const direct = ['openSync', 'readSync', 'readFileSync', 'writeFileSync', 'readdirSync', 'statSync', 'mkdirSync', 'rmSync', 'renameSync', 'fsyncSync'];
const ofFile = ['write', 'read', 'sync', 'stat'];

/** Makes single calls of this process's file system fail. */
export interface FailingCalls {
  /** Begins anew; the first call of each of these descriptions fails with its error. */
  arm(failing?: Iterable<[call: string, code: string]>): void;
  /** Descriptions of the calls since then: what was done to which file, numbers left out. */
  readonly made: ReadonlySet<string>;
}

/** Watches the calls that concern paths with this beginning until the test has finished. */
export async function failingCalls(beginning: string): Promise<FailingCalls> {
  let made = new Set<string>();
  let failing = new Map<string, string>();
  const [handles, descriptors] = [new WeakMap<object, string>(), new Map<unknown, string>()];
  const isOurs = (path: unknown) => String(path).startsWith(beginning);
  const refusal = (name: string, path: unknown): Error | undefined => {
    if (!isOurs(path)) return undefined;
    const call = `${name} ${String(path).slice(beginning.length)}`.replace(
      /(?<=dump-|proof-)\w+|(?<=\/(?:access|postgres|mysql|mariadb)-|output-\d+-)\w{6}|[0-9a-f]{8}|\d+/g,
      '#',
    );
    made.add(call);
    const code = failing.get(call);
    if (!failing.delete(call)) return undefined;
    return Object.assign(new Error(`${code}: made to fail, ${call}`), { code, syscall: name });
  };
  const patched: [Calls, string, Call][] = [];
  const patch = (calls: unknown, names: string[], make: (original: Call, name: string) => Call) => {
    for (const name of names) {
      const original = (calls as Calls)[name] as Call;
      patched.push([calls as Calls, name, original]);
      (calls as Calls)[name] = make(original, name);
    }
  };
  const file = await open('/dev/null');
  patch(Object.getPrototypeOf(file) as FileHandle, ofFile, (original, name) => {
    return async function (this: object, ...words: unknown[]) {
      const refused = refusal(name, handles.get(this));
      if (refused) throw refused;
      return original.apply(this, words);
    };
  });
  await file.close();
  patch(fs.promises, byPromise, (original, name) => async (...words) => {
    const refused = refusal(name, words[0]);
    if (refused) throw refused;
    const result = await original(...words);
    if (name === 'open') handles.set(result as object, String(words[0]));
    return result;
  });
  patch(fs, ['open', 'read'], (original, name) => (...words) => {
    const path = name === 'read' ? descriptors.get(words[0]) : words[0];
    const done = words.at(-1) as Call;
    const refused = refusal(`${name} a stream of`, path);
    if (refused) return process.nextTick(done, refused);
    return original(...words.slice(0, -1), (error: unknown, result: unknown, ...rest: unknown[]) => {
      if (name === 'open') descriptors.set(result, String(path));
      done(error, result, ...rest);
    });
  });
  patch(fs, direct, (original, name) => (...words) => {
    const refused = refusal(name, words[0]);
    if (refused) throw refused;
    return original(...words);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    for (const [calls, name, original] of patched) calls[name] = original;
    syncBuiltinESMExports();
  });
  return {
    arm: (next = []) => {
      made = new Set();
      failing = new Map(next);
    },
    get made() {
      return made;
    },
  };
}
