const PREFIX = 'desk.';

/**
 * @param {string} key
 * @returns {any} undefined when nothing usable is stored
 */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} key
 * @param {unknown} value undefined removes it
 */
export function remember(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // The storage is full or switched off. What is in memory lasts until the page is reloaded.
  }
}
