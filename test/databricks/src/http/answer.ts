/** What goes back: whole, or in pieces as they come. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | AsyncIterable<string>;
}

export function json(value: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** A refusal in the workspace's standard form. */
export class ApiError extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, errorCode: string, about: string | { message: string; headers: Record<string, string> }) {
    super(typeof about === 'string' ? about : about.message);
    this.status = status;
    this.errorCode = errorCode;
    this.headers = typeof about === 'string' ? {} : about.headers;
  }

  get answer(): Answer {
    const { status, errorCode, message } = this;
    const plain = json({ error_code: errorCode, message }, status);
    return { ...plain, headers: { ...plain.headers, ...this.headers } };
  }
}

export const badParameter = (message: string) => new ApiError(400, 'INVALID_PARAMETER_VALUE', message);
export const doesNotExist = (message: string) => new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
export const permissionDenied = (message: string) => new ApiError(403, 'PERMISSION_DENIED', message);
