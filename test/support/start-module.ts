import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import { RecordingLogger } from './recording-logger.js';

export interface StartedModule {
  /** Finds every provider, exported or not. */
  readonly module: TestingModule;
  readonly logger: RecordingLogger;
}

const started: TestingModule[] = [];

/** The module in a real Nest container without an HTTP server. `closeModules` closes it. */
export async function startModule(
  options: WechatPayComplaintModuleOptions,
  { imports = [], ...metadata }: ModuleMetadata = {},
): Promise<StartedModule> {
  const logger = new RecordingLogger();
  const module = await Test.createTestingModule({
    imports: [WechatPayComplaintModule.forRoot(options), ...imports],
    ...metadata,
  })
    .setLogger(logger)
    .compile();
  started.push(module);
  await module.init();
  return { module, logger };
}

export async function closeModules(): Promise<void> {
  await Promise.all(started.splice(0).map((module) => module.close()));
}
