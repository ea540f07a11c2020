/**
 * Files that are dropped beside a place for them: a browser would leave the page for the file, and lose what is typed
 * there. Places that take files have called `preventDefault` before this is asked.
 */
export const guardDrops = (): (() => void) => {
  const refuse = (event: DragEvent): void => {
    const isFile = event.dataTransfer?.types.includes("Files") ?? false;
    const takesFiles = event.target instanceof Element && event.target.closest("input[type=file]") !== null;
    if (!isFile || takesFiles || event.defaultPrevented) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
  };
  window.addEventListener("dragover", refuse);
  window.addEventListener("drop", refuse);
  return () => {
    window.removeEventListener("dragover", refuse);
    window.removeEventListener("drop", refuse);
  };
};
