/** Draws the lines of parallel coordinates on a canvas. Axes, names and brushes are drawn by the page. */

export interface Lane {
  readonly run: number;
  /** Where the line crosses each axis, in pixels from the top; those without a value cross at the axis's foot. */
  readonly ys: readonly number[];
  readonly colour: string;
  readonly dash: readonly number[];
  readonly passes: boolean;
}

export interface Scene {
  readonly xs: readonly number[];
  readonly lanes: readonly Lane[];
  readonly hovered: number | undefined;
  readonly faint: string;
  readonly strong: string;
}

const trace = (canvas: CanvasRenderingContext2D, xs: readonly number[], ys: readonly number[]): void => {
  canvas.beginPath();
  for (const [i, y] of ys.entries()) {
    const x = xs[i] ?? 0;
    if (i === 0) canvas.moveTo(x, y);
    else canvas.lineTo(x, y);
  }
  canvas.stroke();
};

/** Runs outside the brushes stay faintly behind; the one pointed at is drawn last and thick. */
export const drawLanes = (canvas: HTMLCanvasElement, width: number, height: number, scene: Scene): void => {
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = window.devicePixelRatio;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineJoin = "round";
  const many = scene.lanes.length > 60;
  const stroke = (lane: Lane, colour: string, thickness: number, alpha: number): void => {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.globalAlpha = alpha;
    context.setLineDash(many ? [] : [...lane.dash]);
    trace(context, scene.xs, lane.ys);
  };
  for (const lane of scene.lanes) if (!lane.passes) stroke(lane, scene.faint, 1, 0.6);
  for (const lane of scene.lanes) if (lane.passes) stroke(lane, lane.colour, many ? 1.3 : 2, many ? 0.8 : 1);
  const hovered = scene.lanes.find(({ run }) => run === scene.hovered);
  if (hovered) {
    stroke({ ...hovered, dash: [] }, scene.strong, 6, 1);
    stroke({ ...hovered, dash: [] }, hovered.colour, 3.5, 1);
  }
  context.globalAlpha = 1;
};
