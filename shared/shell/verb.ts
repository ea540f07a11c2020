/** What a verb of the desktop app is made of: the page asks for it by name, and its input is proven before anything is done. */

/** Says whether a value that came over the border is of a type. */
export type Guard<T> = (value: unknown) => value is T;

/** `answer` is never set: it carries the type of the answer. */
export interface Verb<Ask, Answer> {
  readonly accepts: Guard<Ask>;
  readonly answer?: Answer;
}

/** Declares a verb by the guard of its input and the type of its answer: `verb(text(), answers<boolean>())`. */
export const verb = <Ask, Answer>(accepts: Guard<Ask>, answer: Answers<Answer>): Verb<Ask, Answer> => ({
  accepts,
  ...(answer.type !== undefined && { answer: answer.type }),
});

/** Names the type of an answer; a value of it does not exist here. */
export const answers = <Answer>(): Answers<Answer> => ({});
export interface Answers<Answer> {
  readonly type?: Answer;
}

export const nothing: Guard<undefined> = (value): value is undefined => value === undefined;

export const yesNo: Guard<boolean> = (value): value is boolean => typeof value === "boolean";

/** Text of at most that many UTF-16 units, without NUL. */
export const text =
  (most = 4096): Guard<string> =>
  (value): value is string =>
    typeof value === "string" && value.length <= most && !value.includes("\0");

export const oneOf =
  <const Word extends string>(...words: readonly Word[]): Guard<Word> =>
  (value): value is Word =>
    words.some((word) => word === value);

export const optional =
  <T>(guard: Guard<T>): Guard<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || guard(value);

export const listOf =
  <T>(guard: Guard<T>, most = 1000): Guard<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.length <= most && value.every((item) => guard(item));

type Shape = Readonly<Record<string, Guard<unknown>>>;
type Shaped<S extends Shape> = { readonly [Name in keyof S]: S[Name] extends Guard<infer T> ? T : never };

/** An object with exactly these fields: a field too many is refused, like one too few. */
export const shape =
  <const S extends Shape>(fields: S): Guard<Shaped<S>> =>
  (value): value is Shaped<S> =>
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).every((name) => Object.hasOwn(fields, name)) &&
    Object.entries(fields).every(([name, guard]) => guard(Reflect.get(value, name)));
