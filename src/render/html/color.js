// color.js: colour maps and scales, by attn's own rules.

// 256 colours as the numbers that a Uint32Array over canvas pixels takes. NAME_r is NAME reversed.
const colormapCache = new Map();
function colormapOf(name) {
  if (!colormapCache.has(name)) {
    const isThere = name in about.colormaps;
    const bytes = bytesOfBase64(about.colormaps[isThere ? name : name.replace(/_r$/, '')]);
    const colors = new Uint32Array(256);
    for (let i = 0; i < 256; ++i) {
      const from = 3 * (isThere ? i : 255 - i);
      colors[i] = pixel(bytes[from], bytes[from + 1], bytes[from + 2]);
    }
    colormapCache.set(name, colors);
  }
  return colormapCache.get(name);
}
const pixel = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
const partsOf = (color) => [color & 255, (color >> 8) & 255, (color >> 16) & 255];
const cssColor = (color, alpha = 1) => `rgb(${partsOf(color).join(' ')} / ${alpha})`;
const pixelOfHex = (hex) => pixel(...[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));

// seaborn's rule for letters on a cell.
function inkOn(color) {
  const [r, g, b] = partsOf(color).map((byte) => (byte / 255 <= 0.03928 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.408 ? '#262626' : '#ffffff';
}

// Maps numbers to [0, 1], in equal steps or equal ratios.
class ColorScale {
  constructor(low, high, log) {
    const only = low === high ? low : null;
    if (only !== null) {
      const width = low === 0 ? 0.1 : Math.abs(low) * 0.1;
      [low, high] = log ? [low / 1.1, high * 1.1] : [low - width, high + width];
    }
    Object.assign(this, {low, high, log, only});
    this.halfStart = (log ? Math.log(low) : low) / 2;
    this.halfRange = (log ? Math.log(high) : high) / 2 - this.halfStart;
  }
  // NaN for what has no colour.
  fraction(value) {
    if (!Number.isFinite(value) || (this.log && value <= 0)) return NaN;
    return ((this.log ? Math.log(value) : value) / 2 - this.halfStart) / this.halfRange;
  }
  valueAt(fraction) {
    if (!this.log) return this.low + fraction * (this.high - this.low);
    return Math.exp(2 * (this.halfStart + fraction * this.halfRange));
  }
  // The index of a colour; -1 for none.
  index(value) {
    const fraction = this.fraction(value);
    if (Number.isNaN(fraction)) return -1;
    return Math.min(255, Math.max(0, Math.floor(256 * fraction)));
  }
}

// Of all the page's matrices.
const sharedRange = {min: null, max: null, positive: null};
for (const entry of about.matrices) {
  if (entry.min !== null) sharedRange.min = Math.min(sharedRange.min ?? Infinity, entry.min);
  if (entry.max !== null) sharedRange.max = Math.max(sharedRange.max ?? -Infinity, entry.max);
  if (entry.positive !== null) sharedRange.positive = Math.min(sharedRange.positive ?? Infinity, entry.positive);
}

// Where the colours of a matrix of its own scale end: at the 99th percentile, if else 95 in 100 of its cells had colours of
// the lowest twentieth. As attn's pictures do it, but of at most 1024 × 1024 cells. Null: at the greatest number.
function endOf(matrix) {
  if (matrix.end !== undefined || !about.clips) return matrix.end ?? null;
  const {level} = levelFor(matrix, 'mean', Math.min(1, 1024 / matrix.cols), Math.min(1, 1024 / matrix.rows));
  const {min, max} = matrix.range;
  const values = Float64Array.from(level.kinds === null ? level.values : level.values.filter((_, at) => level.kinds[at] === FINE));
  const scale = new ColorScale(min, max, false);
  const low = values.reduce((count, value) => count + (scale.fraction(value) <= 0.05), 0);
  matrix.end = null;
  if (values.length > 0 && 100 * low >= 95 * values.length) {
    const end = values.sort()[Math.floor((values.length - 1) * 0.99)];
    if (end > min && end < max) matrix.end = end;
  }
  return matrix.end;
}

// The scale for a matrix as the reader chose: one for all, or its own. Deviations are another quantity: always their own.
// It ends where a picture's does, unless the reader wants the whole range.
function scaleFor(matrix, {scale, log, whole}) {
  const isOwn = scale === 'head' || matrix.isDeviation;
  const range = isOwn ? matrix.range : sharedRange;
  const given = isOwn ? {low: null, high: null} : about;
  const end = whole || log || given.high !== null ? null : isOwn ? endOf(matrix) : about.end ?? null;
  let low = given.low ?? range.min ?? 0;
  const high = given.high ?? end ?? range.max ?? 1;
  const canLog = log && high > 0 && (low > 0 || range.positive !== null);
  if (canLog && low <= 0) low = Math.min(range.positive, high);
  return Object.assign(new ColorScale(low, high, canLog), {isClipped: end !== null});
}
