// data.js: what the page is of. Matrices stay base64 in the document until they are looked at.

const about = JSON.parse(document.getElementById('about').textContent);
const axisNames = ['layer', 'batch', 'head'];  // reduced from the last to the first, as attn does
const axisTitles = {layer: 'Layer', batch: 'Batch item', head: 'Head'};
const axisPlurals = {layer: 'layers', batch: 'batch items', head: 'heads'};

// What would act on the page is shown, by the escapes of attn's other pictures: controls, separators, directions.
const escapes = {'\n': '\\n', '\t': '\\t', '\r': '\\r'};
const hexadecimal = (code) => (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`);
const visible = (text) => text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/g, (c) => escapes[c] ?? hexadecimal(c.charCodeAt(0)));
for (const text of ['title', 'xLabel', 'yLabel', 'barLabel']) about[text] = visible(about[text]);
for (const entry of about.matrices) entry.title = visible(entry.title);

function bytesOfBase64(text) {
  if (typeof Uint8Array.fromBase64 === 'function') return Uint8Array.fromBase64(text);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array(text.length / 4 * 3 - padding);
  const slice = 1 << 16;
  for (let from = 0, to = 0; from < text.length; from += slice) {
    const part = atob(text.slice(from, from + slice));
    for (let i = 0; i < part.length; ++i) bytes[to++] = part.charCodeAt(i);
  }
  return bytes;
}

function numberOfHalf(half) {
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

// The numbers of one of the page's matrices, rows one after the other.
function decode(entry, number) {
  const bytes = bytesOfBase64(document.getElementById('m' + number).textContent);
  switch (entry.type) {
    case 'f32': return new Float32Array(bytes.buffer);
    case 'f64': return new Float64Array(bytes.buffer);
    case 'f16': {
      const halves = new Uint16Array(bytes.buffer);
      const values = new Float32Array(halves.length);
      for (let i = 0; i < halves.length; ++i) values[i] = numberOfHalf(halves[i]);
      return values;
    }
    case 'steps': {
      const meanings = new Float64Array(256);
      for (let code = 0; code < 253; ++code) meanings[code] = entry.low + code * entry.step;
      meanings.set([-Infinity, Infinity, NaN], 253);
      return Float32Array.from(bytes, (code) => meanings[code]);
    }
    default: return Float32Array.from(bytes);  // whole numbers
  }
}

// One byte a cell, 1 where a mask hides it; null if nothing is known of a mask.
const masks = about.masks.map(() => null);
function maskOf(entry) {
  if (entry.mask === undefined) return null;
  if (masks[entry.mask] === null || masks[entry.mask].length !== entry.rows * entry.cols) {
    const bits = bytesOfBase64(about.masks[entry.mask]);
    const cells = new Uint8Array(entry.rows * entry.cols);
    for (let i = 0; i < cells.length; ++i) cells[i] = (bits[i >> 3] >> (i & 7)) & 1;
    masks[entry.mask] = cells;
  }
  return masks[entry.mask];
}

// The last matrices that were decoded: as many as fit.
const mostDecodedBytes = 400e6;
const decoded = new Map();
let decodedBytes = 0;

function matrixOf(number) {
  let matrix = decoded.get(number);
  if (matrix) {
    decoded.delete(number);
    decoded.set(number, matrix);
    return matrix;
  }
  const entry = about.matrices[number];
  matrix = {
    rows: entry.rows,
    cols: entry.cols,
    rowLabels: about.labels[entry.rowLabels] ?? null,
    colLabels: about.labels[entry.colLabels] ?? null,
    values: decode(entry, number),
    hidden: maskOf(entry),
    isDouble: entry.type === 'f64',
    photo: entry.photo ?? null,
    end: entry.end,
    range: {min: entry.min, max: entry.max, positive: entry.positive},
    title: entry.title,
    levels: {},
  };
  decoded.set(number, matrix);
  decodedBytes += matrix.values.byteLength;
  for (const [old, other] of decoded) {
    if (decodedBytes <= mostDecodedBytes || old === number) break;
    decoded.delete(old);
    decodedBytes -= other.values.byteLength;
  }
  return matrix;
}

// Where each matrix stands: document, layer, batch item and head, as far as it has them.
const placeKey = (doc, place) => [doc, ...axisNames.map((axis) => place[axis] ?? '')].join('/');
const numberOfPlace = new Map(about.matrices.map((entry, number) => [placeKey(entry.doc, entry), number]));

// The indices that a document has on each axis, in their order; none for an axis that it does not have.
const documents = about.documents.map((name, doc) => {
  const entries = about.matrices.filter((entry) => entry.doc === doc);
  const axes = {};
  for (const axis of axisNames)
    axes[axis] = [...new Set(entries.map((entry) => entry[axis]).filter((index) => index !== undefined))].sort((a, b) => a - b);
  return {name: visible(name), axes};
});

// A token's text, or its index where there are no labels.
const labelOf = (labels, index) => (labels ? labels[index] : String(index));
// The same for people; a text of spaces is shown, too.
function shownLabel(labels, index) {
  const text = visible(labelOf(labels, index));
  return text.trim() === '' ? '␣'.repeat(Math.max(1, text.length)) : text;
}
