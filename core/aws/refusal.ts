/** Remedies for errors in which AWS could not be asked at all, by the SDK's names. */
const mistakes: Record<string, string> = {
  CredentialsProviderError: 'there are no AWS credentials here; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  TokenProviderError: 'the AWS session here has ended; sign in again',
  UnrecognizedClientException: 'these AWS credentials are not valid',
  InvalidClientTokenId: 'these AWS credentials are not valid',
  InvalidSignatureException: 'these AWS credentials are not valid, or the clock of this machine is wrong',
  SignatureDoesNotMatch: 'these AWS credentials are not valid, or the clock of this machine is wrong',
  InvalidAccessKeyId: 'these AWS credentials are not valid',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  ExpiredToken: 'these AWS credentials have expired',
  ExpiredTokenException: 'these AWS credentials have expired',
};

/** Explains an error by the caller's credentials or region; undefined for any other error. */
export function mistakeOfCaller(error: Error): string | undefined {
  if (/^Region (is missing|not accepted)/.test(error.message)) return 'no AWS region is set here, or none that is one; set AWS_REGION';
  return mistakes[error.name];
}

/** Returns true if a right is missing. */
export function isDenied({ name }: Error): boolean {
  return name === 'AccessDenied' || name === 'AccessDeniedException';
}
