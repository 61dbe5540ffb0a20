/*
 * A part of IAM's evaluation: that which our roles and policies use, and an error for any other.
 * The kept simulator that works offline, @cloud-copilot/iam-simulate (0.1.173), was tried and is not used: its licence,
 * AGPL-3.0, would extend to the tests that import it, and they are handed on under the MIT licence. It also takes real
 * ARNs alone, where our templates have names in brackets, and answers as a promise.
 */

/** Statement of IAM, with every reference resolved. */
export interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface Request {
  action: string;
  resource: string;
  /** Condition keys of the request; a missing key is absent. */
  context?: Record<string, string>;
}

/**
 * Returns true if a request is allowed: an explicit denial wins, and without an allowing statement nothing is allowed.
 */
export function allows(statements: readonly Statement[], request: Request): boolean {
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny');
}

/** Returns true if one of these statements denies the request. */
export function denies(statements: readonly Statement[], request: Request): boolean {
  return statements.some((statement) => statement.Effect === 'Deny' && applies(statement, request));
}

function applies({ Action, Resource, Condition = {} }: Statement, { action, resource, context = {} }: Request): boolean {
  return (
    list(Action).some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) &&
    list(Resource).some((pattern) => like(pattern, resource)) &&
    Object.entries(Condition).every(([operator, tests]) => Object.entries(tests).every(([key, wanted]) => holds(operator, context[key], list(wanted))))
  );
}

/** Evaluates a condition. On a key that the request lacks it is not met, unless it is negated or asks for just that. */
function holds(operator: string, given: string | undefined, wanted: string[]): boolean {
  switch (operator) {
    case 'Null':
      return wanted.includes(String(given === undefined));
    case 'Bool':
    case 'StringEquals':
    case 'ArnEquals':
      return given !== undefined && wanted.some((each) => each === given);
    case 'ForAllValues:StringLike':
      return given === undefined || wanted.some((each) => like(each, given));
    case 'StringLike':
    case 'ArnLike':
      return given !== undefined && wanted.some((each) => like(each, given));
    case 'NumericLessThan':
      return given !== undefined && wanted.some((each) => Number(given) < Number(each));
    default:
      throw new Error(`conditions with ${operator} are not understood here`);
  }
}

/** Matches a pattern, in which `*` stands for any characters and `?` for one. */
export function like(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

export function list(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value];
}
