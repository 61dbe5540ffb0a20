// `node cli/with-node.js PROGRAM [WORD …]`: runs a program of node_modules/.bin or of PATH, with a `node` of version 24
// or newer for it and for everything that it starts.
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newerNode, runInstead } from './newer-node.js';

const [program, ...words] = process.argv.slice(2);
const node = newerNode();
const programs = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
// the folder of the machine's own Node holds other programs too, which must not precede those that PATH has first
const folders = [...(node === process.execPath ? [] : [dirname(node)]), programs, process.env.PATH];
runInstead(program === 'node' ? node : program, words, { ...process.env, PATH: folders.join(delimiter) });
