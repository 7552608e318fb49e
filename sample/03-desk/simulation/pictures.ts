import { type Color, encodePng } from './png.js';

/** What consumers of this simulation take pictures of. */
export type PictureName = 'mug' | 'parcel' | 'shirt';

export const PICTURE_NAMES: readonly PictureName[] = ['mug', 'parcel', 'shirt'];

// By name, and no hypot: some millions of times they are what takes the time.
const { abs, max, min, round, sqrt } = Math;
const lengthOf = (x: number, y: number): number => sqrt(x * x + y * y);

const WIDTH = 480;
const HEIGHT = 360;

/** How far a point is from an outline; below 0 it is inside. */
type Shape = (x: number, y: number) => number;

interface Layer {
  readonly shape: Shape;
  readonly color: Color;
}

const circle =
  (cx: number, cy: number, radius: number): Shape =>
  (x, y) =>
    lengthOf(x - cx, y - cy) - radius;

const box =
  (cx: number, cy: number, width: number, height: number, radius = 0): Shape =>
  (x, y) => {
    const dx = abs(x - cx) - width / 2 + radius;
    const dy = abs(y - cy) - height / 2 + radius;
    return lengthOf(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius;
  };

const line =
  (x1: number, y1: number, x2: number, y2: number, width: number): Shape =>
  (x, y) => {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
    const t = min(max(along, 0), 1);
    return lengthOf(x - x1 - t * dx, y - y1 - t * dy) - width / 2;
  };

const without =
  (shape: Shape, hole: Shape): Shape =>
  (x, y) =>
    max(shape(x, y), -hole(x, y));

const polyline = (points: readonly (readonly [number, number])[], width: number): Shape => {
  const lines = points
    .slice(1)
    .map(([x, y], index) => line(points[index]?.[0] ?? x, points[index]?.[1] ?? y, x, y, width));
  return (x, y) => min(...lines.map((shape) => shape(x, y)));
};

const SCENES: Readonly<Record<PictureName, readonly Layer[]>> = {
  mug: [
    { shape: box(240, 330, 520, 110), color: [203, 178, 150] },
    { shape: box(240, 292, 230, 22, 11), color: [176, 150, 122] },
    { shape: without(circle(322, 186, 52), circle(322, 186, 32)), color: [74, 118, 142] },
    { shape: box(226, 186, 178, 204, 26), color: [93, 142, 168] },
    { shape: box(176, 186, 34, 168, 17), color: [120, 166, 190] },
    { shape: box(226, 94, 178, 26, 13), color: [53, 84, 102] },
    {
      shape: polyline(
        [
          [240, 84],
          [226, 122],
          [252, 156],
          [230, 196],
          [260, 236],
          [246, 280],
        ],
        6,
      ),
      color: [32, 44, 52],
    },
    {
      shape: polyline(
        [
          [252, 156],
          [288, 170],
          [300, 196],
        ],
        4,
      ),
      color: [32, 44, 52],
    },
    { shape: circle(96, 306, 9), color: [93, 142, 168] },
    { shape: box(122, 318, 26, 12, 4), color: [74, 118, 142] },
    { shape: box(382, 312, 34, 14, 5), color: [93, 142, 168] },
  ],
  parcel: [
    { shape: box(240, 330, 520, 110), color: [148, 156, 160] },
    { shape: box(240, 300, 300, 20, 10), color: [120, 128, 132] },
    { shape: box(240, 196, 280, 200, 8), color: [196, 150, 96] },
    { shape: box(240, 116, 280, 40, 8), color: [214, 170, 116] },
    { shape: box(240, 196, 44, 200), color: [226, 196, 150] },
    { shape: box(170, 240, 84, 56, 4), color: [244, 242, 236] },
    { shape: box(160, 228, 52, 5), color: [120, 120, 120] },
    { shape: box(168, 240, 66, 5), color: [160, 160, 160] },
    { shape: box(154, 252, 40, 5), color: [160, 160, 160] },
    // A hole with torn edges.
    { shape: circle(318, 236, 30), color: [74, 50, 28] },
    { shape: circle(342, 218, 24), color: [74, 50, 28] },
    { shape: circle(300, 256, 18), color: [74, 50, 28] },
    {
      shape: polyline(
        [
          [288, 222],
          [306, 204],
          [318, 214],
          [340, 190],
          [366, 206],
        ],
        9,
      ),
      color: [226, 196, 150],
    },
    {
      shape: polyline(
        [
          [290, 276],
          [316, 264],
          [330, 272],
          [352, 244],
        ],
        7,
      ),
      color: [158, 116, 68],
    },
  ],
  shirt: [
    { shape: box(240, 180, 420, 320, 20), color: [236, 231, 222] },
    { shape: line(150, 116, 92, 196, 66), color: [176, 74, 84] },
    { shape: line(330, 116, 388, 196, 66), color: [176, 74, 84] },
    { shape: box(240, 200, 186, 236, 22), color: [192, 86, 96] },
    { shape: circle(240, 84, 40), color: [236, 231, 222] },
    { shape: without(circle(240, 84, 50), circle(240, 84, 40)), color: [150, 58, 68] },
    { shape: box(286, 166, 44, 52, 6), color: [176, 74, 84] },
    { shape: box(286, 146, 44, 6), color: [150, 58, 68] },
  ],
};

const BACKGROUND: Readonly<Record<PictureName, readonly [top: Color, bottom: Color]>> = {
  mug: [
    [240, 236, 228],
    [222, 214, 202],
  ],
  parcel: [
    [210, 220, 226],
    [186, 198, 206],
  ],
  shirt: [
    [204, 186, 160],
    [184, 164, 138],
  ],
};

const drawn = new Map<PictureName, Buffer>();

/** A PNG of 480 by 360 pixels. */
export function drawPicture(name: PictureName): Buffer {
  const known = drawn.get(name);
  if (known) return known;
  const [top, bottom] = BACKGROUND[name];
  const picture = encodePng(WIDTH, HEIGHT, (x, y) =>
    SCENES[name].reduce<Color>(
      // Half a pixel on either side of an outline is mixed.
      (below, { shape, color }) => mix(below, color, 0.5 - shape(x, y)),
      mix(top, bottom, y / HEIGHT),
    ),
  );
  drawn.set(name, picture);
  return picture;
}

function mix(a: Color, b: Color, share: number): Color {
  const t = min(max(share, 0), 1);
  const at = (index: 0 | 1 | 2): number => round(a[index] + (b[index] - a[index]) * t);
  return [at(0), at(1), at(2)];
}
