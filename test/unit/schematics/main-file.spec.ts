import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { type EditResult, keepRawBody, rootModule } from '../../../lib/schematics/main-file.js';
import { SourceFile } from '../../../lib/schematics/source-file.js';

function edited(text: string): [text: string, result: EditResult] {
  const file = new SourceFile(ts, text);
  const result = keepRawBody(file);
  return [file.toString(), result];
}

describe('keepRawBody', () => {
  it.each([
    [
      'const app = await NestFactory.create(AppModule);',
      'const app = await NestFactory.create(AppModule, { rawBody: true });',
    ],
    [
      'const app = await NestFactory.create<NestExpressApplication>(AppModule, { cors: true });',
      'const app = await NestFactory.create<NestExpressApplication>(AppModule, { cors: true, rawBody: true });',
    ],
    ['NestFactory.create(AppModule, {});', 'NestFactory.create(AppModule, { rawBody: true });'],
    [
      'NestFactory.create(\n  AppModule,\n  new FastifyAdapter(),\n);',
      'NestFactory.create(\n  AppModule,\n  new FastifyAdapter(), { rawBody: true },\n);',
    ],
    [
      'NestFactory.create(AppModule, new FastifyAdapter(), {\n  bufferLogs: true,\n});',
      'NestFactory.create(AppModule, new FastifyAdapter(), {\n  bufferLogs: true,\n  rawBody: true,\n});',
    ],
  ])('edits %j', (text, expected) => {
    expect(edited(text)).toEqual([expected, 'changed']);
  });

  it('leaves an app alone that keeps raw bodies', () => {
    const text = 'NestFactory.create(AppModule, { "rawBody": true }); // NestFactory.create(X)';
    expect(edited(text.replaceAll('"', ''))).toEqual([text.replaceAll('"', ''), 'unchanged']);
  });

  it.each([
    'NestFactory.create(AppModule, options);',
    'NestFactory.create(AppModule, { rawBody: isRaw });',
    'createApp();',
    'NestFactory.create();',
  ])('leaves %j to somebody', (text) => {
    expect(edited(text)).toEqual([
      text,
      { manual: expect.stringContaining('NestFactory.create(AppModule, { rawBody: true })') },
    ]);
  });
});

describe('rootModule', () => {
  it('is what the app is created from, and where it comes from', () => {
    const text = `
      import { NestFactory } from '@nestjs/core';
      import { ShopModule } from './shop/shop.module.js';
      void NestFactory.create(ShopModule);`;
    expect(rootModule(new SourceFile(ts, text))).toEqual({
      name: 'ShopModule',
      from: './shop/shop.module.js',
    });
  });

  it.each([
    'NestFactory.create(AppModule);',
    'NestFactory.create(AppModule.register());',
    'createApp();',
  ])('is not known in %j', (text) => {
    expect(rootModule(new SourceFile(ts, text))).toBeUndefined();
  });
});
