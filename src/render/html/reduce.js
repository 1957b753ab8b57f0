// reduce.js: means, maxima, minima and deviations over heads, batch items and layers, in float64 and in attn's own order,
// so that they are the same to the bit.

const reductions = {mean: 'Mean', max: 'Maximum', min: 'Minimum', std: 'Deviation'};
const isReduction = (choice) => typeof choice === 'string';

class Reducer {
  constructor(kind) {
    this.kind = kind;
    this.count = 0;
  }

  add(values) {
    ++this.count;
    if (this.count === 1) {
      this.value = Float64Array.from(values);
      if (this.kind === 'std') this.spread = Float64Array.from(values, (value) => 0 * value);
      return;
    }
    const {value, spread, count} = this;
    const size = value.length;
    switch (this.kind) {
      case 'mean':
        for (let i = 0; i < size; ++i) value[i] += values[i];
        break;
      case 'max':
        for (let i = 0; i < size; ++i) value[i] = Math.max(value[i], values[i]);
        break;
      case 'min':
        for (let i = 0; i < size; ++i) value[i] = Math.min(value[i], values[i]);
        break;
      default:  // Welford's deviation of the whole population
        for (let i = 0; i < size; ++i) {
          const fromMean = values[i] - value[i];
          value[i] += fromMean / count;
          spread[i] += fromMean * (values[i] - value[i]);
        }
    }
  }

  result() {
    if (this.kind === 'mean') return this.value.map((sum) => sum / this.count);
    return this.kind === 'std' ? this.spread.map((sum) => Math.sqrt(sum / this.count)) : this.value;
  }
}

// The numbers of the page's matrices that a choice takes.
function numbersOf(choice) {
  let places = [{}];
  for (const axis of axisNames) {
    const indices = documents[choice.doc].axes[axis];
    const chosen = isReduction(choice[axis]) ? indices : [choice[axis]];
    places = places.flatMap((place) => chosen.map((index) => ({...place, [axis]: index})));
  }
  return places.map((place) => numberOfPlace.get(placeKey(choice.doc, place))).filter((number) => number !== undefined);
}

// Whether an axis can be reduced: matrices of different shapes have no mean.
function canReduce(doc, axis) {
  if (documents[doc].axes[axis].length < 2) return false;
  const entries = about.matrices.filter((entry) => entry.doc === doc);
  return entries.every((entry) => entry.rows === entries[0].rows && entry.cols === entries[0].cols);
}

function rangeOf(values, hidden) {
  const range = {min: null, max: null, positive: null};
  for (let i = 0; i < values.length; ++i) {
    const value = values[i];
    if (!Number.isFinite(value) || hidden?.[i]) continue;
    if (range.min === null || value < range.min) range.min = value;
    if (range.max === null || value > range.max) range.max = value;
    if (value > 0 && (range.positive === null || value < range.positive)) range.positive = value;
  }
  return range;
}

function reducedValues(choice, depth, place) {
  if (depth === axisNames.length) {
    const number = numberOfPlace.get(placeKey(choice.doc, place));
    return number === undefined ? null : matrixOf(number).values;
  }
  const axis = axisNames[depth];
  if (!isReduction(choice[axis])) return reducedValues(choice, depth + 1, {...place, [axis]: choice[axis]});
  const reducer = new Reducer(choice[axis]);
  for (const index of documents[choice.doc].axes[axis]) {
    const values = reducedValues(choice, depth + 1, {...place, [axis]: index});
    if (values) reducer.add(values);
  }
  return reducer.result();
}

// Hidden in all of them.
function commonMask(matrices) {
  if (!matrices.every((matrix) => matrix.hidden)) return null;
  if (matrices.every((matrix) => matrix.hidden === matrices[0].hidden)) return matrices[0].hidden;
  return matrices[0].hidden.map((hidden, i) => Number(matrices.every((matrix) => matrix.hidden[i])));
}

const reducedMatrices = new Map();  // the last few

// The matrix of a choice {doc, layer, batch, head}; null if there is none.
function chosenMatrix(choice) {
  const numbers = numbersOf(choice);
  if (numbers.length === 0) return null;
  if (!axisNames.some((axis) => isReduction(choice[axis]))) return matrixOf(numbers[0]);
  const key = placeKey(choice.doc, choice);
  if (!reducedMatrices.has(key)) {
    const first = matrixOf(numbers[0]);
    let values = reducedValues(choice, 0, {});
    if (!first.isDouble) values = Float32Array.from(values);
    const hidden = numbers.some((number) => about.matrices[number].mask === undefined) ? null : commonMask(numbers.map(matrixOf));
    reducedMatrices.set(key, {...first, values, hidden, range: rangeOf(values, hidden), levels: {}, end: undefined, isDeviation: axisNames.some((axis) => choice[axis] === 'std')});
    if (reducedMatrices.size > 6) reducedMatrices.delete(reducedMatrices.keys().next().value);
  }
  return reducedMatrices.get(key);
}

// "Layer 1, Head 3", or whatever attn calls the matrix; "Mean of 8 heads"; empty for the only matrix.
function titleOf(choice, shown = axisNames) {
  if (shown === axisNames && !axisNames.some((axis) => isReduction(choice[axis]))) return about.matrices[numbersOf(choice)[0]].title;
  const {axes} = documents[choice.doc];
  const parts = shown.filter((axis) => axes[axis].length > 0 && (axes[axis].length > 1 || axis !== 'batch')).map((axis) =>
    isReduction(choice[axis]) ? `${reductions[choice[axis]]} of ${axes[axis].length} ${axisPlurals[axis]}` : `${axisTitles[axis]} ${choice[axis]}`);
  return parts.join(', ');
}
