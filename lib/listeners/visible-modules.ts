import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** The class of the module, injected because the module imports the files that need it. */
export const MODULE_CLASS = Symbol('WechatPayComplaintModule');

export type NestModule = ModulesContainer extends Map<string, infer T> ? T : never;

/** The instances of one module class that a module imports, itself or through modules that export them. */
export function visibleModules(module: NestModule, metatype: Type): Set<NestModule> {
  const visible = new Set(module.imports);
  for (const seen of visible) {
    // A set that grows is iterated to its end.
    for (const next of seen.imports) {
      if (seen.exports.has(next.metatype)) visible.add(next);
    }
  }
  return new Set([...visible].filter((seen) => seen.metatype === metatype));
}
