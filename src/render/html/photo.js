// photo.js: the picture that a grid of keys lies over, seen through it as in attn's other pictures.

const strongestCover = 0.8;  // of the picture, at the end of the scale

const photos = about.photos.map((base64) => {
  const photo = new Image();
  photo.src = 'data:image/jpeg;base64,' + base64;
  photo.decode().then(() => update({}));
  return photo;
});

// Null until it is there.
function photoOf(matrix) {
  const photo = photos[matrix.photo];
  return photo?.complete && photo.naturalWidth > 0 ? photo : null;
}

// The two cells that a pixel's centre lies between along an axis.
function between(pixel, pixels, cells) {
  const at = Math.min(Math.max((pixel + 0.5) * cells / pixels - 0.5, 0), cells - 1);
  const first = Math.floor(at);
  return {first, second: Math.min(first + 1, cells - 1), share: at - first};
}

// Colours of the cells, interpolated, the more opaque the higher on the scale; `threshold` is a share of it.
function coverOf(matrix, width, height, {scale, colors, threshold}) {
  const {rows, cols, values, hidden} = matrix;
  const shares = Float64Array.from(values, (value, at) => (hidden?.[at] ? NaN : scale.fraction(value)));
  const cover = new ImageData(width, height);
  const out = new Uint32Array(cover.data.buffer);
  const bad = pixelOfHex(styleColor('bad'));
  const columns = Array.from({length: width}, (_, x) => between(x, width, cols));
  const opaque = (color, share) => ((color & 0xFFFFFF) | (Math.round(255 * strongestCover * share) << 24)) >>> 0;
  for (let y = 0; y < height; ++y) {
    const row = between(y, height, rows);
    for (let x = 0; x < width; ++x) {
      const column = columns[x];
      let sum = 0, weights = 0;
      for (const [i, down] of [[row.first, 1 - row.share], [row.second, row.share]])
        for (const [j, right] of [[column.first, 1 - column.share], [column.second, column.share]]) {
          const share = shares[i * cols + j];
          if (Number.isNaN(share)) continue;
          sum += down * right * share;
          weights += down * right;
        }
      const nearest = shares[(row.share < 0.5 ? row.first : row.second) * cols + (column.share < 0.5 ? column.first : column.second)];
      const share = Math.min(1, Math.max(0, sum / weights));
      if (Number.isNaN(nearest)) out[y * width + x] = opaque(bad, 1);
      else if (threshold === 0 || share >= threshold) out[y * width + x] = opaque(colors[Math.min(255, Math.floor(256 * share))], share);
    }
  }
  return cover;
}

// The last cover as a canvas; pointing at cells does not change it.
const cover = {of: null, look: '', canvas: document.createElement('canvas')};

// Draws the picture and the grid over it to a place of the canvas, in its own units.
function drawPhoto(context, matrix, place, look) {
  const ratio = context.getTransform().a;
  const sides = [place.width, place.height].map((side) => Math.max(1, Math.min(1024, Math.round(side * ratio))));
  const text = [sides, look.scale.low, look.scale.high, look.scale.log, state.colormap, look.threshold, styleColor('bad')].join();
  const layer = cover.canvas;
  if (cover.of !== matrix || cover.look !== text) {
    Object.assign(cover, {of: matrix, look: text});
    [layer.width, layer.height] = sides;
    layer.getContext('2d').putImageData(coverOf(matrix, ...sides, look), 0, 0);
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(photoOf(matrix), place.x, place.y, place.width, place.height);
  context.drawImage(layer, place.x, place.y, place.width, place.height);
}
