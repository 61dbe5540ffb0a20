import type { Context, Hono } from 'hono';
import type { html } from 'hono/html';
import type { Session } from './sessions.ts';
import type { Words } from './words/words.ts';

/** Variables of a request on its way through the console. */
export interface Variables {
  words: Words;
  /** Set once somebody has entered. */
  session?: Session;
  /** Set if a session has ended that nobody has renewed. */
  ended?: Session;
}

export type ConsoleEnv = { Variables: Variables };
export type ConsoleContext = Context<ConsoleEnv>;
export type ConsoleApp = Hono<ConsoleEnv>;

/** A text for people, with markup or without. */
type Explanation = ReturnType<typeof html> | string;

/** What a door may do with somebody who stands before it. */
export interface Doorkeeper {
  /** Signs a person in and answers with the first page, or with `to`, a path of the console. */
  letIn(context: ConsoleContext, person: string, to?: string): Promise<Response>;
  /** Answers with a page that says why, and notes it in the audit log under this name. */
  turnAway(context: ConsoleContext, person: string, why: { title: string; text: Explanation; detail: string }): Promise<Response>;
  /** Seals a small cookie for `seconds`, reads it, and reads and removes it. */
  leave(context: ConsoleContext, name: string, content: object, seconds: number): void;
  find(context: ConsoleContext, name: string): unknown;
  pickUp(context: ConsoleContext, name: string): unknown;
}

/** Way by which administrators enter. */
export interface Door {
  /** Path where signing in begins; missing where a page can only explain it. */
  readonly path?: string;
  /** Explains how to enter. */
  explain(words: Words): Explanation;
  /** Adds its routes, which need no session. */
  open(app: ConsoleApp, keeper: Doorkeeper): void;
  /** Address to go to after signing out. @default a page of the console */
  signedOut?(): Promise<string | undefined>;
}
