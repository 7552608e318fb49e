import type { Report } from './option-checks.js';

/** Settings of the import itself. Nest needs them before it knows the options. */
export const MODULE_SETTINGS: readonly string[] = ['isGlobal', 'route'];

/**
 * Reports settings of the import that a factory returned among its options, where nothing reads them.
 *
 * @returns the other options
 */
export function omitModuleSettings(options: object, report: Report): object {
  const entries = Object.entries(options);
  for (const [name, value] of entries) {
    if (!MODULE_SETTINGS.includes(name) || value === undefined) continue;
    report(
      name,
      'is among the options that a factory returns, which Nest calls too late for it',
      `Put it beside the factory: forRootAsync({ ${name}: ..., useFactory: ... }).`,
    );
  }
  return Object.fromEntries(entries.filter(([name]) => !MODULE_SETTINGS.includes(name)));
}
