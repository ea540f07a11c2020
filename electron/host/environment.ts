/** What the environment says, for the composition roots. */

type Environment = Record<string, string | undefined>;

/** Tokens of remotes, and proxies with a password in their address. */
const isSecret = (name: string, value: string): boolean =>
  /^OUTPOST_TOKEN_/i.test(name) || (/_proxy$/i.test(name) && value.includes("@"));

/**
 * The environment as plain data. What is secret in it goes from the process's own: Node's reports of crashes show that
 * whole, and every child and thread inherits it.
 */
export const takeEnvironment = (own: Environment): Readonly<Environment> => {
  const taken = { ...own };
  for (const [name, value] of Object.entries(taken)) if (isSecret(name, value ?? "")) Reflect.deleteProperty(own, name);
  return taken;
};
