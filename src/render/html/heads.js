// heads.js: two columns of tokens, and lines between them whose strength is the weight.

// Hues for heads: neighbours differ, and 32 of them are told apart as far as eyes can.
function headColor(position, count) {
  const hue = count <= 8 ? [221, 20, 150, 285, 45, 190, 335, 100][position] : (position * 360 / count + (position % 2) * 150) % 360;
  return isDark() ? `hsl(${hue} 85% 68%)` : `hsl(${hue} 75% 45%)`;
}
const isDark = () => styleColor('scheme') === 'dark';

const headView = (() => {
  const lineHeight = 26, mostLines = 20000, shades = 16;
  const canvas = el('canvas', {'aria-hidden': 'true'});
  const listOf = (side, label) => el('div', {class: `tokens ${side}`, role: 'listbox', 'aria-label': label});
  const queries = listOf('queries', about.yLabel || 'Queries'), keys = listOf('keys', about.xLabel || 'Keys');
  const scroller = el('div', {class: 'scroller'}, el('div', {class: 'columns'}, queries, el('div', {class: 'lines'}, canvas), keys));
  const toggles = el('div', {class: 'head-toggles'});
  const combine = toggle('Mean of these heads', (combined) => update({combined}));
  const fieldset = el('fieldset', {class: 'heads'}, el('legend', {}, 'Heads'), toggles,
    el('div', {class: 'row'}, el('button', {type: 'button', onclick: () => update({heads: headsThere()})}, 'All'), el('button', {type: 'button', onclick: () => update({heads: []})}, 'None'), combine));
  const note = el('p', {class: 'hint', role: 'note'});
  const element = el('div', {class: 'head-view'}, fieldset, el('div', {class: 'columns column-titles'}, el('strong', {}, about.yLabel || 'Query'), el('span'), el('strong', {}, about.xLabel || 'Key')), scroller, note);

  let matrices = [];      // of the chosen heads: {matrix, color, head}
  let pointed = null;     // {side, index} under the pointer or with the focus

  const kept = () => (state.row !== null ? {side: 'queries', index: state.row} : state.column !== null ? {side: 'keys', index: state.column} : null);
  const isolated = () => pointed ?? kept();

  // The heads of the chosen layer and batch item, or the one matrix that there is without heads.
  function headsThere() {
    const choice = {...state};
    const indices = documents[state.doc].axes.head.filter((head) => numbersOf({...choice, head}).length > 0);
    return indices.length > 0 ? indices : [state.head];
  }

  // At first all of them, or where these are many, the one that is looked at.
  const headsNow = (all) => state.heads ?? (all.length <= 12 || isReduction(state.head) ? all : [state.head]);

  function combinedMatrix(chosen) {
    const reducer = new Reducer('mean');
    for (const {matrix} of chosen) reducer.add(matrix.values);
    const values = reducer.result();
    return {...chosen[0].matrix, values: chosen[0].matrix.isDouble ? values : Float32Array.from(values), hidden: commonMask(chosen.map(({matrix}) => matrix)), levels: {}};
  }

  function choose() {
    const all = headsThere();
    const wanted = all.filter((head) => headsNow(all).includes(head));
    let chosen = wanted.map((head) => ({head, matrix: chosenMatrix({...state, head}), color: headColor(all.indexOf(head), all.length)})).filter(({matrix}) => matrix);
    const sameShape = chosen.filter(({matrix}) => matrix.rows === chosen[0].matrix.rows && matrix.cols === chosen[0].matrix.cols);
    chosen = sameShape;
    if (state.combined && chosen.length > 1) chosen = [{head: 'mean', matrix: combinedMatrix(chosen), color: styleColor('accent')}];
    return {all, chosen};
  }

  function showToggles(all) {
    fieldset.hidden = all.length < 2;
    const text = JSON.stringify([state.doc, all]);
    if (toggles.shown !== text) {
      toggles.shown = text;
      toggles.replaceChildren(...all.map((head) => {
        const one = toggle(String(head), () => {
          const now = new Set(headsNow(all));
          if (now.has(head)) now.delete(head);
          else now.add(head);
          update({heads: [...now]});
        }, {'aria-label': `Head ${head}`});
        one.head = head;
        one.title = `Head ${head}; double click for this one alone`;
        one.addEventListener('dblclick', () => update({heads: [head]}));
        return one;
      }));
    }
    [...toggles.children].forEach((one, position) => {
      one.input.checked = headsNow(all).includes(one.head);
      one.style.setProperty('--head', headColor(position, all.length));
    });
    combine.input.checked = state.combined;
  }

  function fillColumn(list, side, labels, count) {
    if (list.labels === labels && list.children.length === count) return;
    list.labels = labels;
    list.replaceChildren(...Array.from({length: count}, (_, index) => {
      const option = el('div', {role: 'option', class: 'option', tabindex: index === 0 ? '0' : '-1', 'aria-selected': 'false'}, tokenElement(labels, index));
      option.index = index;
      option.side = side;
      return option;
    }));
  }

  // What one token has to do with those of the other column, by head.
  function weightsOf({side, index}, {matrix}) {
    const {rows, cols, values, hidden} = matrix;
    const count = side === 'queries' ? cols : rows;
    return Array.from({length: count}, (_, other) => {
      const at = side === 'queries' ? index * cols + other : other * cols + index;
      return hidden?.[at] || !Number.isFinite(values[at]) ? 0 : values[at];
    });
  }

  function shadeTokens() {
    const alone = isolated();
    const keptToken = kept();
    for (const [list, side] of [[queries, 'queries'], [keys, 'keys']])
      for (const option of list.children) {
        const isAlone = alone !== null && alone.side === side && alone.index === option.index;
        option.classList.toggle('alone', isAlone);
        option.setAttribute('aria-selected', String(keptToken !== null && keptToken.side === side && keptToken.index === option.index));
        if (option.shade) {
          option.style.backgroundImage = '';
          option.shade = false;
        }
      }
    if (alone === null || matrices.length === 0) return;
    const others = alone.side === 'queries' ? keys : queries;
    const high = greatest();
    const byHead = matrices.map((one) => weightsOf(alone, one));
    [...others.children].forEach((option, other) => {
      // A band a head, as strong as its line.
      const bands = matrices.map(({color}, position) => {
        const alpha = Math.min(1, Math.max(0, byHead[position][other] / high));
        const from = 100 * position / matrices.length, to = 100 * (position + 1) / matrices.length;
        return `color-mix(in srgb, ${color} ${(100 * alpha).toFixed(1)}%, transparent) ${from}% ${to}%`;
      });
      option.style.backgroundImage = `linear-gradient(to right, ${bands.join(', ')})`;
      option.shade = true;
    });
    tell(alone, byHead);
  }

  function tell({side, index}, byHead) {
    const {matrix} = matrices[0];
    const isQuery = side === 'queries';
    const [own, other] = isQuery ? [matrix.rowLabels, matrix.colLabels] : [matrix.colLabels, matrix.rowLabels];
    const best = [];
    byHead.forEach((weights, position) => weights.forEach((value, at) => best.push({value, at, head: matrices[position].head})));
    best.sort((a, b) => b.value - a.value);
    const several = matrices.length > 1;
    say(el('span', {class: 'name'}, isQuery ? about.yLabel || 'Query' : about.xLabel || 'Key', ' '), tokenElement(own, index), isQuery ? ' → ' : ' ← ',
      ...best.slice(0, 3).flatMap(({value, at, head}, n) => [n ? ', ' : '', tokenElement(other, at), ' ', el('strong', {class: 'weight'}, shortest(value, matrix.isDouble)), several ? ` (head ${head})` : '']));
  }

  // Full strength: the scale's upper end, which all heads share or not, as the reader chose.
  function greatest() {
    const highs = matrices.map(({matrix}) => scaleFor(matrix, {...state, log: false, whole: true}).high);
    return Math.max(1e-30, ...highs);
  }

  // The lines that can be seen, strongest last; at most `mostLines` of them.
  function linesOf(alone) {
    const high = greatest();
    const least = Math.max(0.02 * high, ...matrices.map(({matrix}) => thresholdOf(scaleFor(matrix, {...state, whole: true}))));
    const buckets = matrices.map(() => Array.from({length: shades}, () => []));
    let count = 0;
    const first = Math.floor((scroller.scrollTop - 40) / lineHeight), last = Math.ceil((scroller.scrollTop + scroller.clientHeight + 40) / lineHeight);
    matrices.forEach(({matrix: {rows, cols, values, hidden}}, position) => {
      const add = (row, col) => {
        const at = row * cols + col;
        const value = values[at];
        if (!(value >= least) || hidden?.[at] || !Number.isFinite(value)) return;
        if ((row < first && col < first) || (row > last && col > last)) return;
        buckets[position][Math.min(shades - 1, Math.floor(shades * value / high))].push(row, col);
        ++count;
      };
      if (alone?.side === 'queries') for (let col = 0; col < cols; ++col) add(alone.index, col);
      else if (alone?.side === 'keys') for (let row = 0; row < rows; ++row) add(row, alone.index);
      else for (let row = 0; row < rows; ++row) for (let col = 0; col < cols; ++col) add(row, col);
    });
    return {buckets, count};
  }

  function draw() {
    if (element.hidden || matrices.length === 0) return;
    const width = canvas.parentElement.clientWidth, height = Math.min(scroller.clientHeight, Math.max(queries.offsetHeight, keys.offsetHeight));
    canvas.style.top = scroller.scrollTop + 'px';
    const context = sizedContext(canvas, width, height);
    const {buckets, count} = linesOf(isolated());
    let room = mostLines;
    const drawn = [];
    for (let shade = shades - 1; shade >= 0; --shade)
      buckets.forEach((ofHead, position) => {
        const lines = ofHead[shade].slice(0, 2 * room);
        room -= lines.length / 2;
        if (lines.length > 0) drawn.push({lines, shade, position});
      });
    context.lineCap = 'round';
    for (const {lines, shade, position} of drawn.reverse()) {
      const strength = (shade + 1) / shades;
      context.globalAlpha = strength;
      context.lineWidth = 1 + 1.5 * strength;
      context.strokeStyle = matrices[position].color;
      context.beginPath();
      const shift = matrices.length > 1 && matrices.length <= 12 ? (position / (matrices.length - 1) - 0.5) * 9 : 0;
      for (let i = 0; i < lines.length; i += 2) {
        const from = (lines[i] + 0.5) * lineHeight - scroller.scrollTop + shift, to = (lines[i + 1] + 0.5) * lineHeight - scroller.scrollTop + shift;
        context.moveTo(0, from);
        context.bezierCurveTo(width * 0.4, from, width * 0.6, to, width, to);
      }
      context.stroke();
    }
    note.textContent = (count > mostLines ? `The ${mostLines.toLocaleString('en')} strongest of ${count.toLocaleString('en')} lines are drawn. ` : '') +
      'Point at a token to see its lines alone, click or press Enter to keep it, Escape lets go. Lines under 2 % of full strength are left out.';
  }

  function refresh() {
    shadeTokens();
    draw();
  }

  for (const list of [queries, keys]) {
    rove(list, '.option');
    const optionOf = (event) => event.target.closest('.option');
    const at = (option) => ({side: option.side, index: option.index});
    const keep = (option) => {
      const isQuery = option.side === 'queries';
      const isKept = (isQuery ? state.row : state.column) === option.index;
      update({row: isQuery && !isKept ? option.index : null, column: !isQuery && !isKept ? option.index : null});
    };
    list.addEventListener('pointerover', (event) => {
      const option = optionOf(event);
      if (!option || event.pointerType === 'touch') return;
      pointed = at(option);
      refresh();
    });
    list.addEventListener('pointerleave', () => {
      pointed = null;
      refresh();
    });
    list.addEventListener('click', (event) => optionOf(event) && keep(optionOf(event)));
    list.addEventListener('focusin', (event) => {
      if (!optionOf(event)?.matches(':focus-visible')) return;
      pointed = at(optionOf(event));
      refresh();
    });
    list.addEventListener('focusout', () => {
      pointed = null;
      refresh();
    });
    list.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') keep(optionOf(event));
      else if (event.key === 'Escape') update({row: null, column: null});
      else return;
      event.preventDefault();
    });
  }
  scroller.addEventListener('scroll', () => requestAnimationFrame(draw), {passive: true});

  return {
    element,
    title: 'Heads',
    show() {
      const {all, chosen} = choose();
      matrices = chosen;
      showToggles(all);
      const shape = chosen[0]?.matrix ?? chosenMatrix({...state, head: all[0]});
      fillColumn(queries, 'queries', shape.rowLabels, shape.rows);
      fillColumn(keys, 'keys', shape.colLabels, shape.cols);
      if (matrices.length === 0) sizedContext(canvas, canvas.parentElement.clientWidth, 1);
      refresh();
    },
    resize: draw,
  };
})();
