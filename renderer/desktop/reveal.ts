/** A PDF holds the whole page, but what is out of view may not have been loaded yet: charts come when they are seen. */

const STEP_MS = 60;
const LONGEST_MS = 3_000;
const MOST_STEPS = 100;

const isInView = (element: Element): boolean => {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};

const isBusy = (place: HTMLElement): boolean => [...place.querySelectorAll('figure[aria-busy="true"]')].some(isInView);

/** Resolves when what is in view has come, or takes too long. */
const settled = async (place: HTMLElement): Promise<void> => {
  const end = performance.now() + LONGEST_MS;
  do await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  while (isBusy(place) && performance.now() < end);
};

/** Goes down the page once and comes back to where it was. */
export const revealAll = async (
  place: HTMLElement | null,
  onStep: (done: number, total: number) => void,
): Promise<void> => {
  if (!place || place.clientHeight === 0) return;
  const before = place.scrollTop;
  const steps = Math.min(MOST_STEPS, Math.ceil(place.scrollHeight / place.clientHeight));
  for (let step = 0; step < steps; step++) {
    onStep(step, steps);
    place.scrollTop = step * place.clientHeight;
    await settled(place);
  }
  place.scrollTop = before;
};
