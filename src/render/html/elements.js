// elements.js: makes elements. Texts become text nodes, never markup.

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A token as the browser's own text: its direction is its own.
const tokenElement = (labels, index, attributes = {}) => el('bdi', {dir: 'auto', class: 'token', ...attributes}, shownLabel(labels, index));

// Whether a text runs from right to left, by its first letter that has a direction.
function directionOf(labels) {
  const first = /[\p{L}]/u.exec((labels ?? []).join(' '))?.[0] ?? '';
  return /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u.test(first) ? 'rtl' : 'ltr';
}

// A labelled choice. Options are [value, text] pairs; values may be of any type.
function chooser(label, onchange, attributes = {}) {
  const select = el('select', {onchange: () => onchange(select.choices[select.selectedIndex][0]), ...attributes});
  const element = el('label', {class: 'field'}, el('span', {}, label), select);
  element.offer = (choices, chosen) => {
    const text = JSON.stringify(choices);
    if (select.offered !== text) {
      select.offered = text;
      select.choices = choices;
      select.replaceChildren(...choices.map(([, shown]) => el('option', {}, shown)));
    }
    select.selectedIndex = choices.findIndex(([value]) => value === chosen);
    element.hidden = choices.length < 2;
  };
  return element;
}

function toggle(label, onchange, attributes = {}) {
  const input = el('input', {type: 'checkbox', onchange: () => onchange(input.checked), ...attributes});
  const element = el('label', {class: 'toggle'}, input, el('span', {}, label));
  element.input = input;
  return element;
}

// A canvas with as many pixels as the screen has for it. Returns its context, in CSS pixels.
function sizedContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const pixels = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// A colour of the style sheet.
const styleColor = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

// One stop for Tab in a group of elements; arrow keys go on from there. `step` is of ArrowDown.
function rove(group, selector, step = () => 1) {
  const items = () => [...group.querySelectorAll(selector)];
  group.addEventListener('focusin', (event) => {
    const item = event.target.closest(selector);
    if (!item) return;
    for (const other of group.querySelectorAll(selector + '[tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
  });
  group.addEventListener('keydown', (event) => {
    const all = items();
    const at = all.indexOf(event.target.closest(selector));
    if (at < 0) return;
    const rtl = getComputedStyle(group).direction === 'rtl' ? -1 : 1;
    const moves = {ArrowRight: rtl, ArrowLeft: -rtl, ArrowDown: step(), ArrowUp: -step(), Home: -at, End: all.length - 1 - at};
    if (!(event.key in moves)) return;
    event.preventDefault();
    all[Math.min(all.length - 1, Math.max(0, at + moves[event.key]))].focus();
  });
}

// What is under the pointer or the keyboard's cursor, for eyes and for screen readers.
const readout = el('p', {id: 'readout', class: 'readout', role: 'status', 'aria-live': 'polite'});
function say(...parts) {
  readout.replaceChildren(...parts);
}
