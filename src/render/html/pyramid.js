// pyramid.js: a matrix in ever fewer cells, and the pixels of what is looked at of it.

// What a cell is: a number, one without a colour (NaN, infinite), or hidden by a mask.
const FINE = 0, BAD = 1, HIDDEN = 2;

// Level n has cells of 2ⁿ × 2ⁿ: the mean, or the greatest, of what is a number in them. Levels are made once, on demand.
function levelOf(matrix, pool, n) {
  if (n === 0) {
    matrix.levels.base ??= {rows: matrix.rows, cols: matrix.cols, values: matrix.values, kinds: kindsOf(matrix)};
    return matrix.levels.base;
  }
  const levels = (matrix.levels[pool] ??= []);
  for (let k = levels.length + 1; k <= n; ++k) levels.push(halved(levelOf(matrix, pool, k - 1), pool, k === 1));
  return levels[n - 1];
}

// Null if all cells are numbers.
function kindsOf(matrix) {
  const {values, hidden} = matrix;
  let kinds = null;
  for (let i = 0; i < values.length; ++i) {
    const kind = hidden !== null && hidden[i] ? HIDDEN : Number.isFinite(values[i]) ? FINE : BAD;
    if (kind === FINE) continue;
    kinds ??= new Uint8Array(values.length);
    kinds[i] = kind;
  }
  return kinds;
}

function halved(level, pool) {
  const rows = Math.ceil(level.rows / 2), cols = Math.ceil(level.cols / 2);
  const values = new Float32Array(rows * cols);
  const weights = pool === 'mean' ? new Float32Array(rows * cols) : null;  // how many numbers a mean is of
  const kinds = level.kinds ? new Uint8Array(rows * cols) : null;
  for (let i = 0; i < rows; ++i)
    for (let j = 0; j < cols; ++j) {
      let sum = 0, weight = 0, greatest = -Infinity, hidden = 0, cells = 0;
      for (let y = 2 * i; y < Math.min(2 * i + 2, level.rows); ++y)
        for (let x = 2 * j; x < Math.min(2 * j + 2, level.cols); ++x) {
          const from = y * level.cols + x;
          ++cells;
          if (level.kinds !== null && level.kinds[from] !== FINE) {
            if (level.kinds[from] === HIDDEN) ++hidden;
            continue;
          }
          const value = level.values[from];
          const share = level.weights ? level.weights[from] : 1;
          sum += value * share;
          weight += share;
          if (value > greatest) greatest = value;
        }
      const to = i * cols + j;
      if (weight === 0) kinds[to] = hidden === cells ? HIDDEN : BAD;
      else values[to] = pool === 'mean' ? sum / weight : greatest;
      if (weights) weights[to] = weight;
    }
  return {rows, cols, values, kinds, weights};
}

// The level whose cells are at least a pixel wide and high, where the matrix's own have these sizes in pixels.
function levelFor(matrix, pool, width, height) {
  let n = 0;
  while (2 ** n * Math.min(width, height) < 1 && 2 ** n < Math.max(matrix.rows, matrix.cols)) ++n;
  return {level: levelOf(matrix, pool, n), cells: 2 ** n};
}

// Pixels of the looks that are no colour of the scale.
function plainPixels() {
  return {blank: pixelOfHex(styleColor('blank')), bad: pixelOfHex(styleColor('bad')), hidden: pixelOfHex(styleColor('hidden')), hatch: pixelOfHex(styleColor('hatch'))};
}

// Draws into `width` × `height` pixels what lies below them: pixel x is cell left + x / cellWidth of the matrix.
function drawPixels(image, matrix, {left, top, cellWidth, cellHeight}, {scale, colors, threshold, pool, plain}) {
  const {width, height} = image;
  const out = new Uint32Array(image.data.buffer);
  const {level, cells} = levelFor(matrix, pool, cellWidth, cellHeight);
  const columns = new Int32Array(width);
  for (let x = 0; x < width; ++x) {
    const column = Math.floor(left + (x + 0.5) / cellWidth);
    columns[x] = column < 0 || column >= matrix.cols ? -1 : Math.floor(column / cells);
  }
  let lastRow = -2, canRepeat = false;
  for (let y = 0; y < height; ++y) {
    const cellRow = Math.floor(top + (y + 0.5) / cellHeight);
    const row = cellRow < 0 || cellRow >= matrix.rows ? -1 : Math.floor(cellRow / cells);
    const start = y * width;
    if (row === lastRow && canRepeat) {
      out.copyWithin(start, start - width, start);
      continue;
    }
    lastRow = row;
    canRepeat = true;
    let lastColumn = -2, color = 0, isHatched = false;
    for (let x = 0; x < width; ++x) {
      if (columns[x] !== lastColumn) {
        lastColumn = columns[x];
        isHatched = false;
        if (row < 0 || lastColumn < 0) {
          color = 0;
        } else {
          const at = row * level.cols + lastColumn;
          const kind = level.kinds === null ? FINE : level.kinds[at];
          const index = kind === FINE ? scale.index(level.values[at]) : -1;
          isHatched = kind === HIDDEN;
          if (isHatched) color = plain.hidden;
          else if (index < 0) color = plain.bad;
          else color = level.values[at] < threshold ? plain.blank : colors[index];
        }
        if (isHatched) canRepeat = false;
      }
      out[start + x] = isHatched && ((x + y) & 7) < 2 ? plain.hatch : color;
    }
  }
}
