// model.js: all layers × heads as thumbnails.

const modelView = (() => {
  const grid = el('div', {class: 'thumbnails', role: 'grid', 'aria-label': 'Layers and heads'});
  const legend = el('div', {class: 'legend'});
  const element = el('div', {class: 'model'}, el('div', {class: 'thumbnail-room'}, grid), legend, el('p', {class: 'hint'}, 'Each picture is a head; click one, or press Enter, to open it. Arrow keys move.'));
  // All heads side by side, as far as they can be told apart.
  const size = () => Math.max(30, Math.min(140, Math.floor((element.clientWidth - 76) / columns) - 5));
  let columns = 1;
  let cells = [];          // {button, canvas, choice}
  let waiting = new Set();  // thumbnails in sight whose pixels are out of date
  let isWorking = false;

  const watcher = new IntersectionObserver((entries) => {
    for (const {target, isIntersecting} of entries) {
      target.thumbnail.isVisible = isIntersecting;
      if (isIntersecting && target.thumbnail.isStale) waiting.add(target.thumbnail);
    }
    work();
  }, {rootMargin: '200px'});

  // A few at a time, so that the page answers in between.
  function work() {
    if (isWorking) return;
    isWorking = true;
    const slice = () => {
      const start = performance.now();
      for (const thumbnail of waiting) {
        waiting.delete(thumbnail);
        paint(thumbnail);
        if (performance.now() - start > 10) break;
      }
      if (waiting.size > 0 && !element.hidden) setTimeout(slice);
      else isWorking = false;
    };
    setTimeout(slice);
  }

  function paint(thumbnail) {
    const matrix = chosenMatrix(thumbnail.choice);
    if (!matrix) return;
    thumbnail.isStale = false;
    const {canvas} = thumbnail;
    const side = Math.round(size() * (window.devicePixelRatio || 1));
    const longest = Math.max(matrix.rows, matrix.cols);
    canvas.width = Math.max(2, Math.round(side * Math.max(matrix.cols / longest, 0.08)));
    canvas.height = Math.max(2, Math.round(side * Math.max(matrix.rows / longest, 0.08)));
    canvas.style.width = 100 * canvas.width / side + '%';
    const context = canvas.getContext('2d');
    const image = context.createImageData(canvas.width, canvas.height);
    const scale = scaleFor(matrix, state);
    drawPixels(image, matrix, {left: 0, top: 0, cellWidth: canvas.width / matrix.cols, cellHeight: canvas.height / matrix.rows},
      {scale, colors: colormapOf(state.colormap), threshold: thresholdOf(scale), pool: state.pool, plain: plainPixels()});
    context.putImageData(image, 0, 0);
  }

  function build() {
    const {axes} = documents[state.doc];
    const layers = axes.layer.length > 0 ? axes.layer : [undefined], heads = axes.head.length > 0 ? axes.head : [undefined];
    columns = heads.length;
    const text = JSON.stringify([state.doc, state.batch, layers, heads, size()]);
    if (grid.shown === text) return;
    grid.shown = text;
    watcher.disconnect();
    waiting = new Set();
    cells = [];
    const headCells = heads.map((head) => el('span', {role: 'columnheader', class: 'axis'}, head === undefined ? '' : size() < 60 ? String(head) : `Head ${head}`));
    const rows = [el('div', {role: 'row', class: 'thumbnail-row heads-row'}, el('span', {class: 'axis'}), ...headCells)];
    for (const layer of layers) {
      const row = el('div', {role: 'row', class: 'thumbnail-row'}, el('span', {role: 'rowheader', class: 'axis'}, layer === undefined ? '' : `Layer ${layer}`));
      for (const head of heads) {
        const choice = {doc: state.doc, layer, batch: state.batch, head};
        if (numbersOf(choice).length === 0) {
          row.append(el('span', {role: 'gridcell'}));
          continue;
        }
        const canvas = el('canvas', {width: '1', height: '1', 'aria-hidden': 'true'});
        const button = el('button', {type: 'button', class: 'thumbnail', tabindex: cells.length === 0 ? '0' : '-1', 'aria-label': titleOf(choice) || 'The matrix', title: titleOf(choice),
          onclick: () => update({view: 'heatmap', layer, head})}, canvas);
        button.thumbnail = {button, canvas, choice, isStale: true, isVisible: false};
        cells.push(button.thumbnail);
        row.append(el('span', {role: 'gridcell'}, button));
      }
      rows.push(row);
    }
    grid.style.setProperty('--columns', String(columns));
    grid.style.setProperty('--size', size() + 'px');
    grid.replaceChildren(...rows);
    for (const {button} of cells) watcher.observe(button);
  }

  rove(grid, '.thumbnail', () => columns);

  return {
    element,
    title: 'Model',
    show() {
      build();
      for (const thumbnail of cells) {
        thumbnail.isStale = true;
        thumbnail.button.classList.toggle('chosen', thumbnail.choice.layer === state.layer && thumbnail.choice.head === state.head);
        if (thumbnail.isVisible) waiting.add(thumbnail);
      }
      const matrix = chosenMatrix(isReduction(state.head) || isReduction(state.layer) || isReduction(state.batch) ? cells[0].choice : state);
      if (state.scale === 'all') drawLegend(legend, scaleFor(matrix, state), colormapOf(state.colormap), matrix);
      legend.hidden = state.scale !== 'all';
      work();
    },
    resize: () => modelView.show(),
  };
})();
