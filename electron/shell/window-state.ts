/** Where the window was, and how large it showed things. */

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  readonly bounds: Rectangle | undefined;
  readonly maximised: boolean;
  readonly zoomLevel: number;
}

export const SMALLEST = { width: 640, height: 420 };
const USUAL = { width: 1280, height: 860 };
/** Of a window's top edge that must lie on a screen for a person to take hold of it. */
const GRIP = { width: 120, height: 40 };
const MOST_ZOOM = 5;

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

const boundsIn = (value: unknown): Rectangle | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("x" in value && "y" in value && "width" in value && "height" in value)) return undefined;
  const { x, y, width, height } = value;
  return isNumber(x) && isNumber(y) && isNumber(width) && isNumber(height)
    ? { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) }
    : undefined;
};

/** What of a file is a window's state. */
export const windowStateIn = (stored: unknown): WindowState => {
  const found: Readonly<Record<string, unknown>> = typeof stored === "object" && stored !== null ? { ...stored } : {};
  const zoom = found["zoomLevel"];
  return {
    bounds: boundsIn(found["bounds"]),
    maximised: found["maximised"] === true,
    zoomLevel: isNumber(zoom) ? Math.max(-MOST_ZOOM, Math.min(MOST_ZOOM, zoom)) : 0,
  };
};

const overlap = (a: Rectangle, b: Rectangle): { width: number; height: number } => ({
  width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
  height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
});

/**
 * Bounds on the screens that are there now: kept where the top edge can be taken hold of, else in the middle of the first
 * screen; never larger than the screen. `areas`: the screens without taskbars, the first one first.
 */
export const fitBounds = (wanted: Rectangle | undefined, areas: readonly Rectangle[]): Rectangle => {
  const [first = { x: 0, y: 0, ...USUAL }] = areas;
  const bounds = wanted ?? { ...centred(USUAL, first) };
  const grip = { ...bounds, height: GRIP.height };
  const area = areas.find((screen) => {
    const { width, height } = overlap(grip, screen);
    return width >= GRIP.width && height >= GRIP.height;
  });
  const room = area ?? first;
  const size = {
    width: Math.min(Math.max(bounds.width, SMALLEST.width), room.width),
    height: Math.min(Math.max(bounds.height, SMALLEST.height), room.height),
  };
  return area ? { x: bounds.x, y: bounds.y, ...size } : centred(size, room);
};

const centred = (size: { width: number; height: number }, area: Rectangle): Rectangle => {
  const width = Math.min(size.width, area.width);
  const height = Math.min(size.height, area.height);
  return {
    x: area.x + Math.round((area.width - width) / 2),
    y: area.y + Math.round((area.height - height) / 2),
    width,
    height,
  };
};

/** The next window's place: a step to the right and down, so that both can be seen. */
export const cascade = ({ x, y, width, height }: Rectangle): Rectangle => ({ x: x + 28, y: y + 28, width, height });
