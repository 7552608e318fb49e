/** The segments of a path that hold an id, after those that say of what. */
const PARAMETERS: readonly (readonly [path: RegExp, template: string])[] = [
  [/^(.*\/complaints-v2)\/[^/]+/, '$1/{complaint_id}'],
  [/^(.*\/images)\/(?!upload$)[^/]+/, '$1/{media_id}'],
];

/** The path of a request without its query, and with names in place of ids: for metrics and span names. */
export function urlTemplate(target: string): string {
  const path = pathOf(target);
  return PARAMETERS.reduce((text, [pattern, template]) => text.replace(pattern, template), path);
}

export function pathOf(target: string): string {
  return target.replace(/\?.*/s, '');
}
