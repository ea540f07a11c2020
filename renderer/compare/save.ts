/** Gives the person a file that the page made. */
export const saveBlob = (name: string, blob: Blob): void => {
  const href = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000); // the browser reads it after the click
};

export const saveText = (name: string, text: string, type: string): void => saveBlob(name, new Blob([text], { type }));
