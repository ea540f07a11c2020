/** Python that uses a model, with the tracking URI of this Outpost filled in. */
export type Flavour = "pyfunc" | "sklearn" | "download";
export const FLAVOURS: readonly Flavour[] = ["pyfunc", "sklearn", "download"];

/** Text as a Python string. JSON's escapes are Python's too, but for half a surrogate pair, which no name holds. */
const python = (text: string): string => JSON.stringify(text);

/** How a client names a version: its alias, number or semantic version. */
export const modelUri = (name: string, by: { alias: string } | { version: string }): string =>
  "alias" in by ? `models:/${name}@${by.alias}` : `models:/${name}/${by.version}`;

export const usageCode = (flavour: Flavour, uri: string, trackingUri: string): string => {
  const head = `import mlflow\n\nmlflow.set_tracking_uri(${python(trackingUri)})\n`;
  if (flavour === "download") return `${head}folder = mlflow.artifacts.download_artifacts(${python(uri)})`;
  return `${head}model = mlflow.${flavour}.load_model(${python(uri)})\nmodel.predict(data)`;
};
