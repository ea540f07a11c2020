/** What an answer is, and the error bodies that GitLab has: four shapes, by where in its stack a request was refused. */

/** A part of a file on disk, streamed when the answer is sent. */
export interface FileBody {
  readonly path: string;
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | FileBody;
}

/** Thrown wherever a request is refused; carries the whole answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`${String(answer.status)} ${typeof answer.body === "string" ? answer.body : ""}`);
    this.answer = answer;
  }
}

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

const refuse = (status: number, body: unknown): Refusal => new Refusal(json(body, status));

/** `{"message": …}`: refused by GitLab's own helpers. */
export const message = (status: number, text: unknown): Refusal => refuse(status, { message: text });
/** `{"error": …}`: refused by the routing or the parameter declarations. */
export const error = (status: number, text: string): Refusal => refuse(status, { error: text });
/** `{"error", "error_description", …}`: refused by the token guard. */
export const tokenError = (status: number, name: string, description: string, scope?: string): Refusal =>
  refuse(status, { error: name, error_description: description, ...(scope === undefined ? {} : { scope }) });
/** `{"error_code": …}`: refused by the MLflow API; `text` undefined leaves the message out, null sends null. */
export const mlflow = (status: number, code: string, text?: string | readonly string[] | null): Refusal =>
  refuse(status, { error_code: code, ...(text === undefined ? {} : { message: text }) });

export const unauthorized = (): Refusal => message(401, "401 Unauthorized");
export const forbidden = (): Refusal => message(403, "403 Forbidden");
export const notFound = (): Refusal => message(404, "404 Not Found");
export const noProject = (): Refusal => message(404, "404 Project Not Found");
export const noRoute = (): Refusal => error(404, "404 Not Found");
export const missing = (): Refusal => mlflow(404, "RESOURCE_DOES_NOT_EXIST");
export const exists = (): Refusal => mlflow(400, "RESOURCE_ALREADY_EXISTS");
export const invalid = (text: string | readonly string[] | null): Refusal =>
  mlflow(400, "INVALID_PARAMETER_VALUE", text);
/** What an unrescued error of the application looks like. */
export const crash = (): Refusal => message(500, "500 Internal Server Error");
/** The database's own words for a value that is too long, where no model validation came first. */
export const checkViolation = (table: string): Refusal =>
  invalid(`PG::CheckViolation: ERROR:  new row for relation "${table}" violates check constraint "check_limit"\n`);
