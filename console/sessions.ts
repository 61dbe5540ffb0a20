import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/time/clock.ts';

/** Somebody who has signed in. */
export interface Session {
  id: string;
  /** Name in the audit log: `console:alice`. */
  person: string;
  /** End, in milliseconds since 1970. */
  ends: number;
}

/** Result of reading a cookie. */
export type Read = { session: Session } | { /** Session that counts no more. */ ended: Session } | { none: true };

/**
 * Sessions in cookies, sealed with a key by HMAC-SHA-256: nobody without the key can make or change one, and nothing
 * has to be stored. One that was signed out is refused by the process that heard of it, until it would have ended.
 */
export class Sessions {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  /** Time that somebody stays signed in, in seconds. */
  readonly seconds: number;
  readonly #signedOut = new Map<string, number>();

  constructor(key: Uint8Array, clock: Clock, seconds: number) {
    this.#key = key;
    this.#clock = clock;
    this.seconds = seconds;
  }

  begin(person: string): Session {
    return { id: randomUUID(), person, ends: this.#clock.now().getTime() + this.seconds * 1000 };
  }

  /** Seals any content for one use; `open` with another use refuses it. */
  seal(use: string, content: object): string {
    const text = Buffer.from(JSON.stringify(content)).toString('base64url');
    return `${text}.${this.#mark(use, text)}`;
  }

  /** Returns sealed content; undefined if this key has not sealed it for this use. */
  open(use: string, sealed: string): unknown {
    const [text = '', mark = '', ...rest] = sealed.split('.');
    if (rest.length > 0 || !equal(mark, this.#mark(use, text))) return undefined;
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  }

  read(cookie: string | undefined): Read {
    const session = cookie === undefined ? undefined : (this.open('session', cookie) as Session | undefined);
    if (!session) return { none: true };
    const now = this.#clock.now().getTime();
    return session.ends <= now || this.#signedOut.has(session.id) ? { ended: session } : { session };
  }

  end({ id, ends }: Session): void {
    const now = this.#clock.now().getTime();
    for (const [each, until] of this.#signedOut) if (until <= now) this.#signedOut.delete(each);
    this.#signedOut.set(id, ends);
  }

  /** Makes the token by which a form shows that a page of this session has sent it. */
  token({ id }: Session): string {
    return this.#mark('form', id);
  }

  isToken(session: Session, token: string): boolean {
    return equal(token, this.token(session));
  }

  #mark(use: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${use}\0${text}`).digest('base64url');
  }
}

/** Compares two secrets in a time that does not depend on where they differ. */
export function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
