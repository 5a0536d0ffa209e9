// Runs before the first paint, so that a chosen theme does not flash in late.
try {
  const chosen = localStorage.getItem('headend-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the theme follows the system.
}
