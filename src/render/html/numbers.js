// numbers.js: numbers as text, as attn itself writes them.

// The shortest decimal text that reads back to the same float32, or float64.
function shortest(value, isDouble) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (isDouble) return String(value);
  for (let digits = 1; digits <= 9; ++digits) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

// A number for people where its last digits do not matter.
function rounded(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
}

// A formatter for Python's format mini-language, as far as attn takes it: [%][sign][0][width][,][.precision][type].
function formatter(format) {
  const parts = /^%?([-+ ]?)(0?)(\d*)(,?)(?:\.(\d+))?([deEfFgG%]?)$/.exec(format);
  if (!parts) return (value) => shortest(value, true);
  const [, sign, zero, width, comma, digits, type] = parts;
  const precision = digits === undefined ? 6 : Math.min(100, Number(digits));
  const exponent = (text) => text.replace(/e([+-])(\d)$/, 'e$10$2');
  // Ties go to the even digit, as in Python; toFixed takes the greater one.
  const fixed = (value, decimals) => {
    const text = value.toFixed(decimals);
    if (decimals > 15) return text;
    const scaled = value * 10 ** decimals;
    if (scaled - Math.floor(scaled) !== 0.5 || scaled / 10 ** decimals !== value || Math.floor(scaled) % 2 !== 0) return text;
    return (Math.floor(scaled) / 10 ** decimals).toFixed(decimals);
  };
  const general = (value) => {
    if (value === 0) return '0';
    const significant = Math.max(1, precision);
    const power = Number(value.toExponential(significant - 1).split('e')[1]);
    const trim = (text) => (text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text);
    if (power >= -4 && power < significant) return trim(fixed(value, significant - 1 - power));
    const [mantissa, tail] = value.toExponential(significant - 1).split('e');
    return exponent(trim(mantissa) + 'e' + tail);
  };
  const magnitude = (value) => {
    switch (type) {
      case 'd': return fixed(value, 0);
      case 'e': return exponent(value.toExponential(precision));
      case 'E': return exponent(value.toExponential(precision)).toUpperCase();
      case 'f': case 'F': return fixed(value, precision);
      case '%': return fixed(100 * value, precision) + '%';
      case 'g': return general(value);
      case 'G': return general(value).toUpperCase();
      default: return digits === undefined ? shortest(value, false) : general(value);
    }
  };
  return (value) => {
    if (Number.isNaN(value)) return 'nan';
    const before = value < 0 || Object.is(value, -0) ? '-' : sign === '+' || sign === ' ' ? sign : '';
    let text = Number.isFinite(value) ? magnitude(Math.abs(value)) : 'inf';
    if (comma) text = text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','));
    const room = Math.max(0, Number(width) - before.length);
    return zero ? before + text.padStart(room, '0') : (before + text).padStart(Number(width), ' ');
  };
}
