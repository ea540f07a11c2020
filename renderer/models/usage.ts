/** Python that uses a model, with the tracking URI of this Outpost filled in. */

/** Text as a Python string. JSON's escapes are Python's too, but for half a surrogate pair, which no name holds. */
const python = (text: string): string => JSON.stringify(text);

/** How a client names a version: its alias, number or semantic version. */
export const modelUri = (name: string, by: { alias: string } | { version: string }): string =>
  "alias" in by ? `models:/${name}@${by.alias}` : `models:/${name}/${by.version}`;

/** Ways to get at a model: as any model, as each flavour of its MLmodel file that names a module of MLflow, as files. */
export const waysOf = (flavors: readonly string[]): string[] => [
  "pyfunc",
  ...flavors.filter((name) => /^[a-z][a-z0-9_]*$/.test(name) && name !== "python_function"),
  "download",
];

/** Those whose models take rows by `predict`; others are what their own library makes of them. */
const PREDICTS = new Set(["pyfunc", "sklearn"]);

export const usageCode = (way: string, uri: string, trackingUri: string): string => {
  const head = `import mlflow\n\nmlflow.set_tracking_uri(${python(trackingUri)})\n`;
  if (way === "download") return `${head}folder = mlflow.artifacts.download_artifacts(${python(uri)})`;
  const load = `${head}model = mlflow.${way}.load_model(${python(uri)})`;
  return PREDICTS.has(way) ? `${load}\nmodel.predict(data)` : load;
};
