import { describe, expect, it } from '@jest/globals';
import { type DynamicModule, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type NestModule, visibleModules } from '../../../lib/listeners/visible-modules.js';

@Module({})
class Ours {}
@Module({})
class Exporting {}
@Module({})
class Hiding {}
@Module({})
class Feature {}

/** The modules of an app by their class. */
async function start(imports: DynamicModule[]): Promise<(metatype: unknown) => NestModule[]> {
  const { modules } = await Test.createTestingModule({ imports })
    .compile()
    .then((app) => ({ modules: [...app.get(ModulesContainer).values()] }));
  return (metatype) => modules.filter((module) => module.metatype === metatype);
}

describe('visibleModules', () => {
  it('finds what a module imports, itself or through modules that export it', async () => {
    const ours = { module: Ours };
    const outer = {
      module: Exporting,
      imports: [{ module: Hiding, imports: [ours], exports: [Ours] }],
      exports: [Hiding],
    };
    const find = await start([{ module: Feature, imports: [outer] }]);
    const [feature] = find(Feature);
    expect(feature && [...visibleModules(feature, Ours)]).toEqual(find(Ours));
  });

  it('does not find what a module imports and does not export', async () => {
    const hiding = { module: Hiding, imports: [{ module: Ours }] };
    const find = await start([{ module: Feature, imports: [hiding] }]);
    const [feature] = find(Feature);
    expect(feature && visibleModules(feature, Ours).size).toBe(0);
  });

  it('tells several imports of one module apart', async () => {
    const find = await start([
      {
        module: Feature,
        imports: [
          { module: Ours, providers: [] },
          { module: Ours, exports: [] },
        ],
      },
    ]);
    const [feature] = find(Feature);
    expect(feature && visibleModules(feature, Ours).size).toBe(2);
  });

  it('finds a global module from anywhere', async () => {
    const find = await start([{ module: Ours, global: true }, { module: Feature }]);
    const [feature] = find(Feature);
    expect(feature && visibleModules(feature, Ours).size).toBe(1);
  });
});
