import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folders whose comments keep the rules below. */
const folders = ['core', 'functions', 'infra', 'layers', 'local', 'cli', 'test/bench', 'test/port-contracts', 'test/scenarios', 'test/simulation'];
const widest = 120;
/** Words with which a sentence has to be read twice, at its beginning and anywhere. */
const opening = /(?:^|[.!?]\s+)(What|How|Where|Of|Whether)\s/;
const phrase = /\b(so many|so much|so long|what is none|came of|(?:is|are|was|were) told(?! apart)|(?:a )?repeat can(?:not)?)\b/;

const root = resolve(import.meta.dirname, '..');

interface Comment {
  line: number;
  /** Its lines as they stand. */
  lines: string[];
  isDoc: boolean;
}

/** Comments that have lines of their own; those behind code are short. */
function commentsIn(text: string): Comment[] {
  const found: Comment[] = [];
  for (const match of text.matchAll(/^[ \t]*(?:\/\*[\s\S]*?\*\/[ \t]*$|\/\/.*(?:\n[ \t]*\/\/.*)*)/gm)) {
    const line = text.slice(0, match.index).split('\n').length;
    found.push({ line, lines: match[0].split('\n'), isDoc: match[0].trimStart().startsWith('/*') });
  }
  return found;
}

/** The words of a comment as one line. */
function wordsOf({ lines }: Comment): string {
  const words = lines.map((line) =>
    line
      .trim()
      .replace(/^\/\*+|^\*(?!\/)|^\/\//, '')
      .replace(/\*\/$/, '')
      .trim(),
  );
  return words.filter((each) => each !== '').join(' ');
}

const sources = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((path) => !path.startsWith('layers/recipe/')),
);

/** Each fault of a comment, with the comment's place. */
function faults(faultsOf: (comment: Comment) => string[]): string[] {
  return sources.flatMap((path) =>
    commentsIn(readFileSync(join(root, path), 'utf8')).flatMap((comment) => faultsOf(comment).map((fault) => `${path}:${comment.line}: ${fault}`)),
  );
}

it('finds comments of every form', () => {
  const text = ['/** One. */', 'const a = 1; // behind code', '  /**', '   * Two,', '   * in lines.', '   */', '  // three', '  // goes on', 'b();'].join('\n');
  expect(commentsIn(text).map((comment) => [comment.line, wordsOf(comment), comment.isDoc])).toEqual([
    [1, 'One.', true],
    [3, 'Two, in lines.', true],
    [7, 'three goes on', false],
  ]);
});

describe('comments', () => {
  it(`have lines of ${widest} columns at most`, () => {
    expect(faults(({ lines }) => lines.filter((line) => line.length > widest).map((line) => `${line.trim().slice(0, 40)}… has ${line.length}`))).toEqual([]);
  });

  it('begin no sentence with What, How, Where, Of or Whether', () => {
    expect(faults((comment) => (comment.isDoc ? (opening.exec(wordsOf(comment))?.slice(1) ?? []) : []))).toEqual([]);
  });

  it('have no phrase that is read twice', () => {
    expect(faults((comment) => phrase.exec(wordsOf(comment))?.slice(1) ?? [])).toEqual([]);
  });
});
