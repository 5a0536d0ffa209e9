/**
 * Runs inside a page and lists what stands between it and a person who cannot see it, or not well:
 * controls without a name, tables without headings, headings that skip a level, text too faint for its
 * ground (WCAG 2.2, 1.4.3). The browser test strips the types and evaluates this file.
 */

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const smallTextContrast = 4.5;
const largeTextContrast = 3;

function colourOf(text: string): Colour {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, alpha];
}

const over = (front: Colour, back: Colour): Colour => {
  const mix = (i: 0 | 1 | 2) => front[i] * front[3] + back[i] * (1 - front[3]);
  return [mix(0), mix(1), mix(2), 1];
};

/** The colour that an element's text stands on. */
function groundOf(element: Element): Colour {
  const layers: Colour[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) {
    const layer = colourOf(getComputedStyle(at).backgroundColor);
    layers.push(layer);
    if (layer[3] === 1) break;
  }
  return layers.reduceRight<Colour>((back, front) => over(front, back), [255, 255, 255, 1]);
}

function luminance(colour: Colour): number {
  const linear = (value: number) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

function contrast(a: Colour, b: Colour): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const describe = (element: Element): string =>
  `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${element.textContent?.slice(0, 40)}`;

const isShown = (element: Element): boolean =>
  element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
  !element.closest('.visually-hidden, :disabled, option');

function faintText(): string[] {
  const problems: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (!element || !text.textContent?.trim() || !isShown(element)) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const found = contrast(over(colourOf(style.color), ground), ground);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.5 && Number(style.fontWeight) >= 600);
    if (found < (large ? largeTextContrast : smallTextContrast))
      problems.push(`contrast ${found.toFixed(2)}: ${describe(element)}`);
  }
  for (const field of document.querySelectorAll('input[placeholder]')) {
    const ground = groundOf(field);
    const found = contrast(colourOf(getComputedStyle(field, '::placeholder').color), ground);
    if (found < smallTextContrast) problems.push(`placeholder ${found.toFixed(2)}`);
  }
  return problems;
}

function nameOf(control: HTMLElement): string {
  const byId = (ids: string | null) =>
    (ids ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ');
  const labels = control instanceof HTMLInputElement || control instanceof HTMLSelectElement;
  return [
    control.getAttribute('aria-label'),
    byId(control.getAttribute('aria-labelledby')),
    labels ? [...(control.labels ?? [])].map((label) => label.textContent).join(' ') : '',
    labels ? '' : control.textContent,
  ]
    .join('')
    .trim();
}

function namelessControls(): string[] {
  const controls = document.querySelectorAll<HTMLElement>(
    'button, a, input, select, summary, dialog, meter, [role=tab], [role=tabpanel], nav, aside',
  );
  return [...controls]
    .filter((control) => control.checkVisibility() && nameOf(control) === '')
    .map((control) => `no name: ${describe(control)}`);
}

function structure(): string[] {
  const problems: string[] = [];
  if (document.documentElement.lang === '') problems.push('the page names no language');
  if (document.querySelectorAll('main').length !== 1) problems.push('not exactly one main');
  if (document.querySelectorAll('h1').length !== 1) problems.push('not exactly one h1');
  for (const table of document.querySelectorAll('table')) {
    if (table.querySelectorAll('thead th[scope=col]').length === 0)
      problems.push('a table without headings');
    for (const heading of table.querySelectorAll('thead th'))
      if (heading.textContent?.trim() === '') problems.push('an empty heading of a table');
  }
  for (const image of document.querySelectorAll('img:not([alt]), svg:not([aria-hidden])'))
    problems.push(`a picture without words: ${describe(image)}`);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i)))
    problems.push(`two elements are called ${id}`);
  for (const element of document.querySelectorAll('[aria-controls], [aria-describedby]'))
    for (const name of ['aria-controls', 'aria-describedby']) {
      const id = element.getAttribute(name);
      if (id !== null && !document.getElementById(id)) problems.push(`${name} ${id} leads nowhere`);
    }
  return problems;
}

/** The sizes of touch targets matter on a phone; WCAG 2.2, 2.5.8 asks for 24 by 24. */
function smallTargets(): string[] {
  return [...document.querySelectorAll<HTMLElement>('button, select, summary, nav a')]
    .filter((control) => isShown(control) && !control.closest('thead'))
    .filter((control) => control.getBoundingClientRect().height < 18)
    .map((control) => `a target too small: ${describe(control)}`);
}

// biome-ignore lint/correctness/noUnusedVariables: the browser test calls it by name
function accessibilityProblems(): string[] {
  return [...structure(), ...namelessControls(), ...faintText(), ...smallTargets()];
}
