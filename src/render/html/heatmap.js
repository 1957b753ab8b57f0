// heatmap.js: the matrix as colours, with a cursor for pointer and keyboard, zoom and pan.

const heatmap = (() => {
  const canvas = el('canvas', {'aria-hidden': 'true'});
  const plot = el('div', {class: 'plot', tabindex: '0', role: 'application', 'aria-roledescription': 'heatmap', 'aria-describedby': 'plot-help'}, canvas);
  const help = el('p', {id: 'plot-help', class: 'hint'}, 'Arrow keys move, Enter keeps a row, + and − zoom, 0 shows all. Scroll to zoom, drag to move, click to keep a row.');
  const rowHead = el('h2');
  const rowTable = el('tbody');
  const rowPanel = el('section', {class: 'row-panel', 'aria-label': 'The row'}, rowHead,
    el('table', {}, el('thead', {}, el('tr', {}, el('th', {scope: 'col'}, about.xLabel || 'Key'), el('th', {scope: 'col', class: 'number'}, 'Number'))), rowTable));
  const zoomButtons = el('div', {class: 'zoom', role: 'group', 'aria-label': 'Zoom'},
    el('button', {type: 'button', 'aria-label': 'Zoom in', onclick: () => zoomAtCenter(1.6)}, '+'),
    el('button', {type: 'button', 'aria-label': 'Zoom out', onclick: () => zoomAtCenter(1 / 1.6)}, '−'),
    el('button', {type: 'button', 'aria-label': 'Show all', onclick: () => fit()}, 'Fit'));
  const legend = el('div', {class: 'legend'});
  const element = el('div', {class: 'heatmap'}, el('div', {class: 'stage'}, plot, el('div', {class: 'foot'}, legend, zoomButtons), help), rowPanel);

  let matrix = null;
  let cursor = {row: 0, col: 0};
  let isPointing = false;
  let layout = null;  // {left, top, width, height}: the cells' place on the canvas, in CSS pixels
  const view = {x: 0, y: 0, width: 1, height: 1, isFitted: true};  // the first cell to see, and a cell's size
  const most = 96;   // pixels a cell
  const format = formatter(about.format);

  // --- Layout

  const measure = document.createElement('canvas').getContext('2d');
  const labelFont = '12px ' + 'system-ui, sans-serif';

  function widest(labels, count) {
    if (!labels) return 8 * String(count).length;
    measure.font = labelFont;
    let width = 0;
    for (let i = 0; i < Math.min(count, 400); ++i) width = Math.max(width, measure.measureText(shownLabel(labels, i)).width);
    return width;
  }

  function arrange() {
    const isBeside = rowPanel.offsetTop < plot.offsetTop + 40;  // and not below, as in narrow windows
    const space = Math.max(240, element.clientWidth - (isBeside ? rowPanel.offsetWidth + 28 : 0));
    const room = window.innerHeight - plot.getBoundingClientRect().top - window.scrollY - 96;
    const tall = Math.max(room, Math.min(0.8 * space, 560), 300);
    const rowRoom = Math.min(space * 0.25, 150, widest(matrix.rowLabels, matrix.rows)) + 12;
    const columnRoom = Math.min(120, widest(matrix.colLabels, matrix.cols)) + 12;
    const left = Math.ceil(rowRoom) + (about.yLabel ? 20 : 0);
    const fitted = sizesFor(space - left - 2, tall - 40);
    const isTurned = matrix.colLabels !== null && widest(matrix.colLabels, matrix.cols) + 6 > fitted.width;
    const top = (isTurned ? Math.ceil(columnRoom) : 20) + (about.xLabel ? 20 : 0);
    // As large as all cells together, whatever is looked at of them.
    const whole = sizesFor(space - left - 2, tall - top - 2);
    const width = Math.min(space - left - 2, Math.max(matrix.cols * whole.width, 300)), height = Math.max(matrix.rows * whole.height, 120);
    layout = {left, top, width, height, wide: left + width + 2, tall: top + height + 2, isTurned, whole};
    if (view.isFitted) Object.assign(view, {width: whole.width, height: whole.height, x: 0, y: 0});
    clampView();
  }

  // Square cells; only where these are small, the shorter side of a long matrix is widened.
  function sizesFor(width, height) {
    const least = Math.min(width / matrix.cols, height / matrix.rows, 72);
    const isLong = Math.max(matrix.rows / matrix.cols, matrix.cols / matrix.rows) > 4;
    const limit = isLong ? Math.max(least, 14) : least;
    return {width: Math.min(width / matrix.cols, limit), height: Math.min(height / matrix.rows, limit)};
  }

  // What is under the pointer stays there while it zooms, so the cells may leave half of the room.
  function clampView() {
    if (view.isFitted) return;
    const halfX = layout.width / view.width / 2, halfY = layout.height / view.height / 2;
    view.x = Math.max(-halfX, Math.min(view.x, matrix.cols - halfX));
    view.y = Math.max(-halfY, Math.min(view.y, matrix.rows - halfY));
  }

  function zoom(factor, atX, atY) {
    const fitted = layout.whole;
    const wanted = Math.min(most / Math.min(view.width, view.height), Math.max(factor, Math.max(fitted.width / view.width, 1e-9)));
    if (wanted < 1 && view.width * wanted <= fitted.width * 1.001) return fit();
    const cellX = view.x + (atX - layout.left) / view.width, cellY = view.y + (atY - layout.top) / view.height;
    view.width *= wanted;
    view.height *= wanted;
    view.x = cellX - (atX - layout.left) / view.width;
    view.y = cellY - (atY - layout.top) / view.height;
    view.isFitted = false;
    draw();
  }
  const zoomAtCenter = (factor) => zoom(factor, layout.left + layout.width / 2, layout.top + layout.height / 2);
  function fit() {
    view.isFitted = true;
    draw();
  }
  function showCursor() {
    if (cursor.col < view.x) view.x = cursor.col;
    if (cursor.row < view.y) view.y = cursor.row;
    view.x = Math.max(view.x, cursor.col + 1 - layout.width / view.width);
    view.y = Math.max(view.y, cursor.row + 1 - layout.height / view.height);
    clampView();
  }

  // --- Drawing

  function draw() {
    if (!matrix || element.hidden) return;
    arrange();
    const context = sizedContext(canvas, layout.wide, layout.tall);
    const ratio = canvas.width / layout.wide;
    canvas.style.touchAction = view.isFitted ? 'pan-y' : 'none';  // a finger scrolls the page until there is something to move
    const scale = scaleFor(matrix, state);
    const colors = colormapOf(state.colormap);
    const width = Math.min(layout.width, (matrix.cols - view.x) * view.width), height = Math.min(layout.height, (matrix.rows - view.y) * view.height);
    if (photoOf(matrix)) return drawOver(context, scale, colors, width, height);
    const image = context.createImageData(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
    drawPixels(image, matrix, {left: view.x, top: view.y, cellWidth: view.width * ratio, cellHeight: view.height * ratio},
      {scale, colors, threshold: thresholdOf(scale), pool: state.pool, plain: plainPixels()});
    context.putImageData(image, Math.round(layout.left * ratio), Math.round(layout.top * ratio));
    drawAround(context, scale, colors, width, height);
  }

  function drawOver(context, scale, colors, width, height) {
    context.save();
    context.beginPath();
    context.rect(layout.left, layout.top, width, height);
    context.clip();
    drawPhoto(context, matrix, {x: xOf(0), y: yOf(0), width: matrix.cols * view.width, height: matrix.rows * view.height}, {scale, colors, threshold: state.threshold});
    context.restore();
    drawAround(context, scale, colors, width, height);
  }

  function drawAround(context, scale, colors, width, height) {
    if (state.numbers) drawNumbers(context, scale, colors);
    drawLabels(context, width, height);
    drawMarks(context, width, height);
    drawLegend(legend, scale, colors, matrix);
  }

  const xOf = (col) => layout.left + (col - view.x) * view.width;
  const yOf = (row) => layout.top + (row - view.y) * view.height;

  function visible(first, size, room, count) {
    return [Math.max(0, Math.floor(first)), Math.min(count, Math.ceil(first + room / size))];
  }

  function drawNumbers(context, scale, colors) {
    if (view.width < 26 || view.height < 12) return;
    const [firstRow, lastRow] = visible(view.y, view.height, layout.height, matrix.rows);
    const [firstCol, lastCol] = visible(view.x, view.width, layout.width, matrix.cols);
    context.save();
    context.beginPath();
    context.rect(layout.left, layout.top, layout.width, layout.height);
    context.clip();
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `${Math.min(13, view.width / 3.2, view.height * 0.7)}px system-ui, sans-serif`;
    const threshold = thresholdOf(scale);
    for (let row = firstRow; row < lastRow; ++row)
      for (let col = firstCol; col < lastCol; ++col) {
        const at = row * matrix.cols + col;
        if (matrix.hidden?.[at]) continue;
        const index = scale.index(matrix.values[at]);
        context.fillStyle = index < 0 || matrix.values[at] < threshold ? styleColor('ink') : inkOn(colors[index]);
        context.fillText(format(matrix.values[at]), xOf(col + 0.5), yOf(row + 0.5));
      }
    context.restore();
  }

  // Every how many labels one can be written.
  function stepFor(size, room) {
    for (let power = 1; ; power *= 10)
      for (const step of [1, 2, 5]) if (step * power * size >= room) return step * power;
  }

  function shortened(context, text, room) {
    if (context.measureText(text).width <= room) return text;
    const letters = [...text];
    while (letters.length > 1 && context.measureText(letters.join('') + '…').width > room) letters.pop();
    return letters.join('') + '…';
  }

  function drawLabels(context, width, height) {
    const ink = styleColor('ink'), quiet = styleColor('quiet'), accent = styleColor('accent');
    const shownRow = state.row ?? (isPointing ? cursor.row : null);
    context.font = labelFont;
    const rowStep = stepFor(view.height, matrix.rowLabels ? 13 : 20);
    const [firstRow, lastRow] = visible(view.y, view.height, height, matrix.rows);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (let row = Math.ceil(firstRow / rowStep) * rowStep; row < lastRow; row += rowStep) {
      const y = yOf(row + 0.5);
      if (y < layout.top || y > layout.top + height) continue;
      context.fillStyle = row === shownRow ? accent : quiet;
      context.fillText(shortened(context, shownLabel(matrix.rowLabels, row), layout.left - (about.yLabel ? 30 : 10)), layout.left - 8, y);
    }
    const {isTurned} = layout;
    const widestColumn = widest(matrix.colLabels, matrix.cols);
    const columnStep = isTurned ? stepFor(view.width, 13) : stepFor(view.width, widestColumn + (matrix.colLabels ? 6 : 14));
    const [firstCol, lastCol] = visible(view.x, view.width, width, matrix.cols);
    for (let col = Math.ceil(firstCol / columnStep) * columnStep; col < lastCol; col += columnStep) {
      const x = xOf(col + 0.5);
      if (x < layout.left || x > layout.left + width) continue;
      context.fillStyle = isPointing && col === cursor.col ? accent : quiet;
      const room = layout.top - (about.xLabel ? 28 : 8);
      context.save();
      context.translate(x, layout.top - 7);
      if (isTurned) {
        context.rotate(-Math.PI / 2);
        context.textAlign = 'left';
        context.textBaseline = 'middle';
        context.fillText(shortened(context, shownLabel(matrix.colLabels, col), room), 0, 0);
      } else {
        context.textAlign = 'center';
        context.textBaseline = 'alphabetic';
        context.fillText(shownLabel(matrix.colLabels, col), 0, 0);
      }
      context.restore();
    }
    context.fillStyle = ink;
    context.font = '600 12px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'top';
    if (about.xLabel) context.fillText(about.xLabel, layout.left + width / 2, 2);
    if (about.yLabel) {
      context.save();
      context.translate(2, layout.top + height / 2);
      context.rotate(-Math.PI / 2);
      context.fillText(about.yLabel, 0, 0);
      context.restore();
    }
  }

  function drawMarks(context, width, height) {
    context.save();
    context.beginPath();
    context.rect(layout.left - 2, layout.top - 2, width + 4, height + 4);
    context.clip();
    const outline = (x, y, w, h, color) => {
      context.lineWidth = 4;
      context.strokeStyle = styleColor('page');
      context.strokeRect(x, y, w, h);
      context.lineWidth = 2;
      context.strokeStyle = color;
      context.strokeRect(x, y, w, h);
    };
    if (state.row !== null) outline(layout.left, yOf(state.row), width, Math.max(2, view.height), styleColor('accent'));
    if (isPointing) outline(xOf(cursor.col), yOf(cursor.row), Math.max(2, view.width), Math.max(2, view.height), styleColor('ink'));
    context.restore();
  }

  // --- What it says

  function describe() {
    const at = cursor.row * matrix.cols + cursor.col;
    const isHidden = matrix.hidden?.[at] === 1;
    const text = shortest(matrix.values[at], matrix.isDouble);
    say(el('span', {class: 'name'}, about.yLabel || 'Query', ' '), tokenElement(matrix.rowLabels, cursor.row, {id: 'said-query'}),
      matrix.rowLabels ? el('span', {class: 'index'}, ` ${cursor.row}`) : null,
      el('span', {class: 'name'}, ', ', about.xLabel || 'Key', ' '), tokenElement(matrix.colLabels, cursor.col, {id: 'said-key'}),
      matrix.colLabels ? el('span', {class: 'index'}, ` ${cursor.col}`) : null, ': ', el('strong', {id: 'said-number'}, text), isHidden ? ' (masked)' : '');
  }

  function describeRow() {
    const row = state.row ?? cursor.row;
    rowHead.replaceChildren(`${about.yLabel || 'Query'} `, tokenElement(matrix.rowLabels, row), matrix.rowLabels ? el('span', {class: 'index'}, ` ${row}`) : '', state.row === null ? '' : el('span', {class: 'badge'}, 'kept'));
    const strongest = strongestOf(matrix, row, 12);
    const top = Math.max(...strongest.map(({value}) => Math.abs(value)), 1e-300);
    rowTable.replaceChildren(...strongest.map(({col, value}) => {
      const line = el('tr', {}, el('th', {scope: 'row'}, tokenElement(matrix.colLabels, col), matrix.colLabels ? el('span', {class: 'index'}, ` ${col}`) : ''),
        el('td', {class: 'number'}, shortest(value, matrix.isDouble)));
      line.style.setProperty('--share', String(Math.abs(value) / top));
      return line;
    }));
  }

  function point(row, col) {
    cursor = {row: Math.min(matrix.rows - 1, Math.max(0, row)), col: Math.min(matrix.cols - 1, Math.max(0, col))};
    isPointing = true;
    describe();
    if (state.row === null) describeRow();
    draw();
  }
  const keep = (row) => update({row: state.row === row ? null : row});

  // For tests, and for whoever looks at the page from its console: where a cell is in the window.
  plot.cellBox = (row, col) => {
    const box = canvas.getBoundingClientRect();
    return {x: box.left + xOf(col), y: box.top + yOf(row), width: view.width, height: view.height};
  };

  // --- Pointer and keyboard

  function cellAt(event) {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    const col = Math.floor(view.x + (x - layout.left) / view.width), row = Math.floor(view.y + (y - layout.top) / view.height);
    const isInside = y >= layout.top && col < matrix.cols && row >= 0 && row < matrix.rows;
    if (!isInside) return null;
    return x >= layout.left ? {row, col} : {row, col: null};  // a label stands for its row
  }

  const pointers = new Map();
  let hasMoved = false;
  canvas.addEventListener('pointerdown', (event) => {
    pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
    if (pointers.size === 1) hasMoved = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) {
      const cell = cellAt(event);
      if (cell && cell.col !== null) point(cell.row, cell.col);
      return;
    }
    const dx = event.clientX - before.x, dy = event.clientY - before.y;
    if (!hasMoved && Math.hypot(dx, dy) < 4) return;
    hasMoved = true;
    if (pointers.size === 2) {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const box = canvas.getBoundingClientRect();
      const spread = (place) => Math.max(20, Math.hypot(place.x - other.x, place.y - other.y));
      zoom(spread({x: event.clientX, y: event.clientY}) / spread(before), (event.clientX + other.x) / 2 - box.left, (event.clientY + other.y) / 2 - box.top);
    } else if (!view.isFitted) {
      view.x -= dx / view.width;
      view.y -= dy / view.height;
      draw();
    }
    pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
  });
  canvas.addEventListener('pointerup', (event) => {
    pointers.delete(event.pointerId);
    if (hasMoved) return;
    const cell = cellAt(event);
    if (!cell) return;
    point(cell.row, cell.col ?? cursor.col);
    keep(cell.row);
  });
  canvas.addEventListener('pointercancel', (event) => pointers.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => {
    isPointing = document.activeElement === plot;
    draw();
  });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), event.clientX - box.left, event.clientY - box.top);
  }, {passive: false});

  plot.addEventListener('focus', () => {
    if (plot.matches(':focus-visible')) point(cursor.row, cursor.col);
  });
  plot.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = {
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
      PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -matrix.cols], End: [0, matrix.cols],
    };
    if (event.key in moves) {
      const [rows, cols] = moves[event.key];
      point(cursor.row + rows, cursor.col + cols);
      showCursor();
      draw();
    } else if (event.key === 'Enter' || event.key === ' ') {
      keep(cursor.row);
    } else if (event.key === 'Escape') {
      update({row: null});
    } else if (event.key === '+' || event.key === '=') {
      zoom(1.6, xOf(cursor.col + 0.5), yOf(cursor.row + 0.5));
    } else if (event.key === '-') {
      zoom(1 / 1.6, xOf(cursor.col + 0.5), yOf(cursor.row + 0.5));
    } else if (event.key === '0') {
      fit();
    } else {
      return;
    }
    event.preventDefault();
  });

  return {
    element,
    title: 'Heatmap',
    show() {
      const next = chosenMatrix(state);
      if (!next) return;
      if (!matrix || next.rows !== matrix.rows || next.cols !== matrix.cols) view.isFitted = true;
      matrix = next;
      cursor = {row: Math.min(cursor.row, matrix.rows - 1), col: Math.min(cursor.col, matrix.cols - 1)};
      plot.setAttribute('aria-label', `${titleOf(state) || 'Weights'}: ${matrix.rows} queries by ${matrix.cols} keys`);
      describeRow();
      if (isPointing) describe();
      draw();
    },
    resize: draw,
  };
})();

// What is below is blank: a number; nothing is, at the slider's start.
function thresholdOf(scale) {
  return state.threshold > 0 ? scale.valueAt(state.threshold) : -Infinity;
}

// The keys that a query gives most to, strongest first; what is hidden or no number is left out.
function strongestOf(matrix, row, count) {
  const best = [];
  const start = row * matrix.cols;
  for (let col = 0; col < matrix.cols; ++col) {
    const value = matrix.values[start + col];
    if (!Number.isFinite(value) || matrix.hidden?.[start + col]) continue;
    if (best.length === count && value <= best[count - 1].value) continue;
    let at = best.length;
    while (at > 0 && best[at - 1].value < value) --at;
    best.splice(at, 0, {col, value});
    if (best.length > count) best.pop();
  }
  return best;
}

// The colour bar, and what else a cell can look like.
function drawLegend(legend, scale, colors, matrix) {
  if (legend.bar === undefined) {
    legend.bar = el('canvas', {width: '256', height: '1', 'aria-hidden': 'true'});
    legend.low = el('span', {class: 'number'});
    legend.high = el('span', {class: 'number'});
    legend.maskedKey = el('span', {class: 'key'}, el('i', {class: 'swatch masked'}), 'masked');
    legend.badKey = el('span', {class: 'key'}, el('i', {class: 'swatch bad'}), el('span'));
    legend.append(about.barLabel ? el('span', {}, about.barLabel) : '', legend.low, legend.bar, legend.high, legend.maskedKey, legend.badKey);
  }
  const context = legend.bar.getContext('2d');
  const image = context.createImageData(256, 1);
  // Of one number there is one colour: others would stand for numbers that are not there.
  const shown = scale.only === null ? colors : new Uint32Array(256).fill(colors[scale.index(scale.only)]);
  new Uint32Array(image.data.buffer).set(shown);
  context.putImageData(image, 0, 0);
  legend.low.textContent = scale.only === null ? rounded(scale.low) : '';
  legend.high.textContent = (scale.isClipped ? '≥ ' : '') + rounded(scale.only ?? scale.high);
  const kinds = levelOf(matrix, 'mean', 0).kinds;
  legend.maskedKey.hidden = !kinds?.includes(HIDDEN);
  legend.badKey.lastChild.textContent = scale.log ? 'not above 0' : 'NaN or infinite';
  legend.badKey.hidden = !(kinds?.includes(BAD) || (scale.log && matrix.range.min <= 0));
}
