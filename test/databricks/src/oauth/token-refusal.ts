import { type Answer, json } from '../http/answer.ts';

/** A refusal of the token endpoint (RFC 6749 §5.2). Databricks' own descriptions were not seen: these say what was wrong. */
export class TokenRefusal extends Error {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }

  get answer(): Answer {
    return json({ error: this.error, error_description: this.message }, this.status);
  }
}
