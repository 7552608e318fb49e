import { Injectable, type OnModuleInit, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { WechatPayConfigurationError } from './errors/wechatpay-configuration.error.js';
import { MODULE_OPTIONS_TOKEN } from './wechatpay-complaint.module-definition.js';

/**
 * Refuses options of a request-scoped provider. They would make the whole module request-scoped: every
 * request would have a store of its own, and hooks would never run. For the same reason this check
 * depends on nothing that depends on the options.
 */
@Injectable()
export class ScopeCheck implements OnModuleInit {
  constructor(private readonly moduleRef: ModuleRef) {}

  /** @throws WechatPayConfigurationError */
  onModuleInit(): void {
    const { scope } = this.moduleRef.introspect(MODULE_OPTIONS_TOKEN);
    if (scope !== Scope.REQUEST) return;
    throw new WechatPayConfigurationError([
      {
        option: 'forRootAsync()',
        problem:
          'gets its options from a request-scoped provider, so notifications could not be remembered from one request to the next',
        fix: 'Inject only providers with the default scope into the options factory.',
      },
    ]);
  }
}
