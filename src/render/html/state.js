// state.js: what the reader has chosen, and who is told when it changes.

const firstOf = (doc, axis) => documents[doc].axes[axis][0];
const lastOf = (doc, axis) => documents[doc].axes[axis].at(-1);

const state = {
  view: 'heatmap',
  doc: 0,
  layer: lastOf(0, 'layer'),
  batch: firstOf(0, 'batch'),
  head: firstOf(0, 'head'),
  colormap: about.colormap,
  scale: about.scale,  // all or head
  log: about.log,
  whole: false,      // the scale's whole range, though a few great numbers leave the others no colours
  threshold: 0,      // a fraction of the scale; what is below is blank
  pool: about.pool,
  numbers: about.numbers,
  row: null,         // the query that is kept
  column: null,      // the key that is kept, in the head view
  heads: null,       // in the head view; null: its own choice
  combined: false,   // their mean instead of each
  grid: null,        // of keys in the query view: {rows, cols, skip}
};

const listeners = [];
const onChange = (listener) => listeners.push(listener);

// A choice that the document does not have becomes its own first.
function settle() {
  for (const axis of axisNames) {
    const indices = documents[state.doc].axes[axis];
    const fits = isReduction(state[axis]) ? canReduce(state.doc, axis) : indices.includes(state[axis]) || (indices.length === 0 && state[axis] === undefined);
    if (!fits) state[axis] = axis === 'layer' ? lastOf(state.doc, axis) : firstOf(state.doc, axis);
  }
  if (numbersOf(state).length === 0) {  // a document need not have every head in every layer
    const entry = about.matrices.find((other) => other.doc === state.doc && other.layer === state.layer) ?? about.matrices.find((other) => other.doc === state.doc);
    for (const axis of axisNames) state[axis] = entry[axis];
  }
  const first = about.matrices[numbersOf(state)[0]];
  if (state.row !== null && state.row >= first.rows) state.row = null;
  if (state.column !== null && state.column >= first.cols) state.column = null;
}

let isPlanned = false;
// Changes are drawn together, before the next frame.
function update(changes) {
  const before = {...state};
  Object.assign(state, changes);
  if (state.view !== before.view) say();
  if (state.doc !== before.doc) Object.assign(state, {heads: null, row: null, column: null});
  settle();
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    for (const listener of listeners) listener();
  });
}
