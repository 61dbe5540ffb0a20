export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  content: Buffer;
}

/**
 * Promises of DynamoDB that the emulator does not keep. Requests take effect one after the other (moto's transactions
 * undo simultaneous changes). A transaction that is sent again with its token gets the same answer and is not carried
 * out again (API reference, TransactWriteItems, ClientRequestToken).
 */
export class DynamodbTurns {
  readonly #answers = new Map<string, Answer>();
  #turn: Promise<unknown> = Promise.resolve();

  take(body: Buffer, carryOut: () => Promise<Answer>): Promise<Answer> {
    const { ClientRequestToken: token } = JSON.parse(body.toString()) as { ClientRequestToken?: string };
    const mine = this.#turn.then(async () => {
      const known = token === undefined ? undefined : this.#answers.get(token);
      const answer = known ?? (await carryOut());
      if (token !== undefined && answer.status === 200) this.#answers.set(token, answer);
      return answer;
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
