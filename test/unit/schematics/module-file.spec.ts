import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { importModule } from '../../../lib/schematics/module-file.js';
import { SourceFile } from '../../../lib/schematics/source-file.js';

const OPTIONS = {
  className: 'AppModule',
  route: 'wechatpay/complaints',
  listenerPath: './complaints/complaints.listener',
};
const HEAD = "import { Module } from '@nestjs/common';\n";
const IMPORTS =
  "import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';\n" +
  "import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';\n" +
  "import { ComplaintsListener } from './complaints/complaints.listener';\n";
const CONFIG = "import { ConfigModule } from '@nestjs/config';\n";

function edited(text: string): string {
  const file = new SourceFile(ts, text);
  expect(importModule(file, OPTIONS)).toBe('changed');
  return file.toString();
}

describe('importModule', () => {
  it('adds to empty lists', () => {
    expect(
      edited(`${HEAD}
@Module({
  imports: [],
  providers: [],
})
export class AppModule {}
`),
    ).toBe(`${HEAD}${CONFIG}${IMPORTS}
@Module({
  imports: [
    ConfigModule.forRoot(),
    WechatPayComplaintModule.forRootAsync({
      ...wechatPayComplaintConfig.asProvider(),
      route: 'wechatpay/complaints',
    }),
  ],
  providers: [ComplaintsListener],
})
export class AppModule {}
`);
  });

  it('adds lists that are missing, to the module of that name', () => {
    expect(
      edited(`${HEAD}
@Module({ imports: [] })
class OtherModule {}

@Injectable()
@Module({
  controllers: [],
})
export class AppModule {}
`),
    ).toBe(`${HEAD}${CONFIG}${IMPORTS}
@Module({ imports: [] })
class OtherModule {}

@Injectable()
@Module({
  controllers: [],
  imports: [ConfigModule.forRoot(), WechatPayComplaintModule.forRootAsync({
    ...wechatPayComplaintConfig.asProvider(),
    route: 'wechatpay/complaints',
  })],
  providers: [ComplaintsListener],
})
export class AppModule {}
`);
  });

  it('leaves a ConfigModule alone that is there', () => {
    expect(
      edited(`${CONFIG}
@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
  ],
  providers: [AppService],
})
export class AppModule {}
`),
    ).toBe(`${CONFIG}${IMPORTS}
@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
    WechatPayComplaintModule.forRootAsync({
      ...wechatPayComplaintConfig.asProvider(),
      route: 'wechatpay/complaints',
    }),
  ],
  providers: [AppService, ComplaintsListener],
})
export class AppModule {}
`);
  });

  it.each([
    '@Module({ imports: IMPORTS }) class AppModule {}',
    '@Module({ imports: [], providers }) class AppModule {}',
    '@Module(METADATA) class AppModule {}',
    '@Global class AppModule {}',
    'class AppModule {}',
    '',
  ])('leaves %j to somebody', (text) => {
    const file = new SourceFile(ts, text);
    expect(importModule(file, OPTIONS)).toEqual({
      manual: expect.stringContaining('Import WechatPayComplaintModule'),
    });
    expect(file.toString()).toBe(text);
  });
});
