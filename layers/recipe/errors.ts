/** Why a folder of programs could not be built. A message names what was wanted, where, and what to try. */
export class RecipeError extends Error {
  override readonly name: string = 'RecipeError';
}

/** No mirror is known, or none answered. A repeat may help. */
export class MirrorUnreachableError extends RecipeError {
  override readonly name = 'MirrorUnreachableError';
}

/** Every mirror answered, and none has the file. For a locked package: a newer version has taken its place. */
export class FileGoneError extends RecipeError {
  override readonly name = 'FileGoneError';
}

/** What a mirror sent is not what was signed or locked. */
export class TamperedError extends RecipeError {
  override readonly name = 'TamperedError';
}
