// query.js: the text itself, shaded by what the chosen token attends to; for images, the keys as a grid.

const queryView = (() => {
  const queries = el('div', {class: 'text', role: 'listbox', 'aria-label': 'Choose a query'});
  const keys = el('div', {class: 'text shaded', role: 'list', 'aria-label': 'What it attends to'});
  const keysHead = el('h2');
  const number = (label, id) => el('input', {type: 'number', min: '1', id, 'aria-label': label, onchange: readGrid});
  const rowsInput = number('Rows of the grid', 'grid-rows'), colsInput = number('Columns of the grid', 'grid-cols');
  const gridOn = toggle('Keys as a grid', (isOn) => {
    if (isOn) update({grid: squareGrid()});
    else update({grid: null});
  }, {id: 'grid-on'});
  const gridSize = el('span', {class: 'row'}, rowsInput, ' × ', colsInput);
  const gridNote = el('span', {class: 'hint'});
  const canvas = el('canvas', {class: 'key-grid', role: 'img'});
  const legend = el('div', {class: 'legend'});
  const element = el('div', {class: 'query'},
    el('section', {}, el('h2', {}, about.yLabel || 'Query'), queries),
    el('section', {}, keysHead, el('div', {class: 'row'}, gridOn, gridSize, gridNote), keys, canvas, legend),
    el('p', {class: 'hint'}, 'Point at a token of the query, or move with the arrow keys; click or press Enter to keep it.'));

  let matrix = null;
  let pointed = null;
  const chosen = () => pointed ?? state.row ?? matrix.rows - 1;

  // The most square grid of the keys, the first left out where only then there is one (a class token).
  function squareGrid() {
    const most = (count) => {
      let rows = Math.floor(Math.sqrt(count));
      while (rows > 1 && count % rows !== 0) --rows;
      return rows;
    };
    const skip = matrix.cols > 2 && most(matrix.cols - 1) ** 2 === matrix.cols - 1 && most(matrix.cols) ** 2 !== matrix.cols ? 1 : 0;
    const rows = most(matrix.cols - skip);
    return {rows, cols: (matrix.cols - skip) / rows, skip};
  }

  function readGrid() {
    const rows = Math.max(1, Math.floor(Number(rowsInput.value)) || 1), cols = Math.max(1, Math.floor(Number(colsInput.value)) || 1);
    update({grid: {rows, cols, skip: rows * cols === matrix.cols - 1 ? 1 : 0}});
  }
  const gridFits = () => state.grid !== null && state.grid.rows * state.grid.cols + state.grid.skip === matrix.cols;

  function fill(list, labels, count, role) {
    if (list.labels === labels && list.children.length === count && list.role === role) return;
    list.labels = labels;
    list.dir = directionOf(labels);
    list.replaceChildren(...Array.from({length: count}, (_, index) => {
      const item = el('span', {role, class: 'word', tabindex: role === 'option' ? (index === 0 ? '0' : '-1') : null}, tokenElement(labels, index));
      item.index = index;
      return item;
    }));
  }

  function shade() {
    const row = chosen();
    const scale = scaleFor(matrix, state);
    const colors = colormapOf(state.colormap);
    const threshold = thresholdOf(scale);
    const plain = plainPixels();
    const start = row * matrix.cols;
    const lookOf = (col) => {
      const value = matrix.values[start + col];
      if (matrix.hidden?.[start + col]) return 'masked';
      const index = scale.index(value);
      if (index < 0) return 'bad';
      return value < threshold ? 'blank' : colors[index];
    };
    for (const item of queries.children) {
      item.classList.toggle('alone', item.index === row);
      item.setAttribute('aria-selected', String(item.index === state.row));
    }
    for (const item of keys.children) {
      const look = lookOf(item.index);
      item.className = typeof look === 'string' ? `word ${look}` : 'word';
      item.style.background = typeof look === 'string' ? '' : cssColor(look);
      item.style.color = typeof look === 'string' ? '' : inkOn(look);
      item.title = shortest(matrix.values[start + item.index], matrix.isDouble) + (look === 'masked' ? ' (masked)' : '');
      item.setAttribute('aria-label', `${shownLabel(matrix.colLabels, item.index)}: ${item.title}`);
    }
    keysHead.replaceChildren(tokenElement(matrix.rowLabels, row), matrix.rowLabels ? el('span', {class: 'index'}, ` ${row}`) : '', ' attends to', state.row === row ? el('span', {class: 'badge'}, 'kept') : '');
    drawLegend(legend, scale, colors, matrix);
    canvas.hidden = !gridFits();
    keys.hidden = gridFits();
    if (gridFits()) drawGrid(lookOf, plain);
    const best = strongestOf(matrix, row, 3);
    say(tokenElement(matrix.rowLabels, row), ' → ', ...best.flatMap(({col, value}, n) => [n ? ', ' : '', tokenElement(matrix.colLabels, col), ' ', el('strong', {class: 'weight'}, shortest(value, matrix.isDouble))]));
  }

  function drawGrid(lookOf, plain) {
    const {rows, cols, skip} = state.grid;
    const cell = Math.max(2, Math.min(40, Math.floor((element.clientWidth - 4) / cols)));
    const context = sizedContext(canvas, cell * cols, cell * rows);
    const fills = {masked: cssColor(plain.hidden), bad: cssColor(plain.bad), blank: cssColor(plain.blank)};
    for (let row = 0; row < rows; ++row)
      for (let col = 0; col < cols; ++col) {
        const look = lookOf(skip + row * cols + col);
        context.fillStyle = typeof look === 'string' ? fills[look] : cssColor(look);
        context.fillRect(col * cell, row * cell, cell, cell);
      }
    canvas.setAttribute('aria-label', `The keys as ${rows} rows of ${cols}`);
    canvas.cell = cell;
  }

  function sayKey(row, col) {
    say(tokenElement(matrix.rowLabels, row), ' → ', tokenElement(matrix.colLabels, col), matrix.colLabels ? el('span', {class: 'index'}, ` ${col}`) : '', ': ',
      el('strong', {class: 'weight'}, shortest(matrix.values[row * matrix.cols + col], matrix.isDouble)), matrix.hidden?.[row * matrix.cols + col] ? ' (masked)' : '');
  }

  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / canvas.cell), col = Math.floor((event.clientX - box.left) / canvas.cell);
    if (row < 0 || col < 0 || row >= state.grid.rows || col >= state.grid.cols) return;
    sayKey(chosen(), state.grid.skip + row * state.grid.cols + col);
  });
  keys.addEventListener('pointerover', (event) => {
    const item = event.target.closest('.word');
    if (item) sayKey(chosen(), item.index);
  });

  rove(queries, '.word');
  const itemOf = (event) => event.target.closest('.word');
  const keep = (item) => update({row: state.row === item.index ? null : item.index});
  const pointAt = (item) => {
    pointed = item ? item.index : null;
    shade();
  };
  queries.addEventListener('pointerover', (event) => itemOf(event) && event.pointerType !== 'touch' && pointAt(itemOf(event)));
  queries.addEventListener('pointerleave', () => pointAt(null));
  queries.addEventListener('focusin', (event) => itemOf(event)?.matches(':focus-visible') && pointAt(itemOf(event)));
  queries.addEventListener('focusout', () => pointAt(null));
  queries.addEventListener('click', (event) => itemOf(event) && keep(itemOf(event)));
  queries.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') keep(itemOf(event));
    else if (event.key === 'Escape') update({row: null});
    else return;
    event.preventDefault();
  });

  return {
    element,
    title: 'Text',
    show() {
      const next = chosenMatrix(state);
      if (!next) return;
      matrix = next;
      if (pointed !== null && pointed >= matrix.rows) pointed = null;
      fill(queries, matrix.rowLabels, matrix.rows, 'option');
      fill(keys, matrix.colLabels, matrix.cols, 'listitem');
      gridOn.input.checked = state.grid !== null;
      gridSize.hidden = state.grid === null;
      if (state.grid !== null) [rowsInput.value, colsInput.value] = [state.grid.rows, state.grid.cols];
      gridNote.textContent = state.grid === null ? '' : gridFits() ? (state.grid.skip ? 'without the first key' : '') : `${state.grid.rows} × ${state.grid.cols} is not ${matrix.cols} keys`;
      shade();
    },
    resize: () => matrix && gridFits() && shade(),
  };
})();
