import { expect, it } from 'vitest';
import { messagesFor } from '../../console/words/messages.ts';
import { wordsIn } from '../../console/words/words.ts';

/** All texts in an object of words; functions are given numbers, which stand for names too. */
function textsIn(words: unknown): string[] {
  if (typeof words === 'string') return [words];
  if (typeof words === 'function') return textsIn((words as (...given: number[]) => unknown)(3, 7, 5, 2));
  return words !== null && typeof words === 'object' ? Object.values(words).flatMap(textsIn) : [];
}

it('French has a space that does not break before its high punctuation and inside its quotation marks', () => {
  const { meaning, advice, watched } = messagesFor({ language: 'fr' });
  const remedies = Object.values(watched).map(({ remedy }) => remedy);
  const texts = textsIn([wordsIn('fr'), meaning, advice, remedies]);
  expect(texts.length).toBeGreaterThan(300);
  expect(texts.filter((text) => /[ \p{L}][:;?!](?= (?!')|$)|« | »|[^\u00a0\u202f]»|«[^\u00a0\u202f]/u.test(text))).toEqual([]);
});

it('no language has a text that the other lacks, or that is empty', () => {
  for (const language of ['en', 'fr'] as const) expect(textsIn(wordsIn(language)).filter((text) => text.trim() === '')).toEqual([]);
});
