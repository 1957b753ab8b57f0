// controls.js: the page around the views: title, tabs, choices, theme, printing.

const views = {heatmap, heads: headView, model: modelView, query: queryView};

const page = (() => {
  const root = document.documentElement;
  const givenTheme = root.dataset.theme ?? null;

  const tabs = el('div', {class: 'tabs', role: 'tablist', 'aria-label': 'Views'});
  for (const [name, view] of Object.entries(views)) {
    tabs.append(el('button', {type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `view-${name}`, tabindex: '-1', onclick: () => update({view: name})}, view.title));
    Object.assign(view.element, {id: `view-${name}`, hidden: true});
    view.element.setAttribute('role', 'tabpanel');
    view.element.setAttribute('aria-labelledby', `tab-${name}`);
  }
  rove(tabs, '[role=tab]', () => 0);
  tabs.addEventListener('focusin', (event) => event.target.matches(':focus-visible') && event.target.click());

  const choosers = {
    doc: chooser('Document', (doc) => update({doc}), {id: 'choose-doc'}),
    layer: chooser('Layer', (layer) => update({layer}), {id: 'choose-layer'}),
    batch: chooser('Batch item', (batch) => update({batch}), {id: 'choose-batch'}),
    head: chooser('Head', (head) => update({head}), {id: 'choose-head'}),
  };
  const names = Object.keys(about.colormaps).filter((name) => !name.endsWith('_r'));
  const mapChooser = chooser('Colours', (colormap) => update({colormap}), {id: 'choose-colormap'});
  const scaleChooser = chooser('Scale', (scale) => update({scale}), {id: 'choose-scale'});
  const poolChooser = chooser('Pooling', (pool) => update({pool}), {id: 'choose-pool'});
  const log = toggle('Logarithmic', (isOn) => update({log: isOn}), {id: 'log'});
  const whole = toggle('Whole range', (isOn) => update({whole: isOn}), {id: 'whole'});
  const numbers = toggle('Numbers', (isOn) => update({numbers: isOn}), {id: 'numbers'});
  const slider = el('input', {type: 'range', min: '0', max: '1000', value: '0', id: 'threshold', oninput: () => update({threshold: Number(slider.value) / 1000})});
  const sliderText = el('output', {for: 'threshold', class: 'number'});
  const threshold = el('label', {class: 'field threshold'}, el('span', {}, 'Threshold'), el('span', {class: 'row'}, slider, sliderText));
  const themeChooser = chooser('Theme', (theme) => setTheme(theme), {id: 'choose-theme'});
  const heading = el('p', {class: 'which', id: 'which'});

  function setTheme(theme) {
    if (theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = theme;
    update({});
  }

  function offerAxes() {
    choosers.doc.offer(documents.map(({name}, doc) => [doc, name || `Document ${doc}`]), state.doc);
    for (const axis of axisNames) {
      const choices = documents[state.doc].axes[axis].map((index) => [index, String(index)]);
      if (canReduce(state.doc, axis)) choices.push(...Object.entries(reductions).map(([kind, title]) => [kind, `${title} of ${choices.length}`]));
      choosers[axis].offer(choices, state[axis]);
    }
    if (state.view === 'heads' || state.view === 'model') choosers.head.hidden = true;
    if (state.view === 'model') choosers.layer.hidden = true;
  }

  function show() {
    offerAxes();
    mapChooser.offer([...names, ...names.map((name) => name + '_r')].map((name) => [name, name.endsWith('_r') ? name.slice(0, -2) + ', reversed' : name]), state.colormap);
    scaleChooser.offer([['all', 'Shared'], ['head', 'Per head']], state.scale);
    poolChooser.offer([['mean', 'Mean'], ['max', 'Maximum']], state.pool);
    log.input.checked = state.log;
    whole.input.checked = state.whole;
    whole.hidden = state.view === 'heads' || (!state.whole && !scaleFor(chosenMatrix(state), state).isClipped);
    numbers.input.checked = state.numbers;
    themeChooser.offer([['auto', 'Automatic'], ['light', 'Light'], ['dark', 'Dark']], root.dataset.theme ?? 'auto');
    mapChooser.hidden = state.view === 'heads';
    log.hidden = state.view === 'heads';
    numbers.hidden = state.view !== 'heatmap';
    poolChooser.hidden = state.view !== 'heatmap' && state.view !== 'model';
    const matrix = chosenMatrix(state);
    sliderText.textContent = state.threshold === 0 ? 'none' : rounded(scaleFor(matrix, state).valueAt(state.threshold));
    slider.value = String(Math.round(1000 * state.threshold));
    heading.replaceChildren(titleOf(state, state.view === 'heads' ? ['layer', 'batch'] : axisNames), documents.length > 1 && axisNames.some((axis) => isReduction(state[axis])) ? el('span', {}, ` ${documents[state.doc].name}`) : '');
    heading.hidden = state.view === 'model' || heading.textContent === '';
    for (const tab of tabs.children) {
      const isChosen = tab.id === `tab-${state.view}`;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    for (const [name, view] of Object.entries(views)) view.element.hidden = name !== state.view;
    views[state.view].show();
  }

  const precisions = {f16: 'float16: off by up to 2⁻¹¹ of a number', steps: '253 steps a matrix: off by up to half a step'};
  const types = new Set(about.matrices.map(({type}) => type));
  const coarse = Object.keys(precisions).filter((type) => types.has(type)).map((type) => precisions[type]);

  return {
    show,
    setTheme,
    givenTheme,
    body: () => [
      el('header', {}, el('h1', {}, about.title || 'Attention'), tabs, themeChooser),
      el('div', {class: 'controls', role: 'group', 'aria-label': 'What is shown'}, ...Object.values(choosers), mapChooser, scaleChooser, poolChooser, threshold, log, whole, numbers),
      el('main', {}, el('div', {class: 'status'}, heading, readout), ...Object.values(views).map(({element}) => element)),
      el('footer', {}, [`attn ${about.version}`, about.matrices.length === 1 ? '1 matrix' : `${about.matrices.length} matrices`, ...coarse].join(' · ')),
    ],
  };
})();

function buildPage() {
  document.getElementById('app').replaceChildren(...page.body());
  onChange(page.show);
  const redraw = () => views[state.view].resize();
  window.addEventListener('resize', redraw);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => update({}));
  // Paper is white.
  let before = null;
  window.addEventListener('beforeprint', () => {
    before = document.documentElement.dataset.theme ?? 'auto';
    document.documentElement.dataset.theme = 'light';
    page.show();
  });
  window.addEventListener('afterprint', () => page.setTheme(before));
}
