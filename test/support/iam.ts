/** Statements of IAM after every reference is resolved, and whether they allow a request: the part of IAM's evaluation that our roles and policies use. */
export interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface Request {
  action: string;
  resource: string;
  /** Condition keys of the request; a key that is not there is absent. */
  context?: Record<string, string>;
}

/** An explicit denial wins; without an allowing statement nothing is allowed. */
export function allows(statements: readonly Statement[], request: Request): boolean {
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny');
}

/** Whether one of these statements denies the request. */
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

/** A condition on a key that the request does not have is not met, unless it is negated or asks for just that. */
function holds(operator: string, given: string | undefined, wanted: string[]): boolean {
  switch (operator) {
    case 'Null':
      return wanted.includes(String(given === undefined));
    case 'Bool':
    case 'StringEquals':
    case 'ArnEquals':
      return given !== undefined && wanted.some((each) => each === given);
    case 'StringLike':
    case 'ArnLike':
      return given !== undefined && wanted.some((each) => like(each, given));
    case 'ArnNotEquals':
      return given === undefined || !wanted.includes(given);
    case 'NumericLessThan':
      return given !== undefined && wanted.some((each) => Number(given) < Number(each));
    default:
      throw new Error(`conditions with ${operator} are not understood here`);
  }
}

/** `*` stands for any characters, `?` for one. */
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
