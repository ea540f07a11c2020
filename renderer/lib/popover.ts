/** Puts a popover that opens below the button that opens it, their right edges in line: its CSS reads --top and --right. */
export const placeBelow = (popover: HTMLElement, opener: HTMLElement): void => {
  const { bottom, right } = opener.getBoundingClientRect();
  popover.style.setProperty("--top", `${bottom + 6}px`);
  popover.style.setProperty("--right", `${document.documentElement.clientWidth - right}px`);
};
