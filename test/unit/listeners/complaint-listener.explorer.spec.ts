import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Module, type ModuleMetadata, Scope } from '@nestjs/common';
import { OnComplaint, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { ComplaintListenerExplorer } from '../../../lib/listeners/complaint-listener.explorer.js';
import { closeModules, startModule } from '../../support/start-module.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeModules);

abstract class Base {
  @OnComplaint()
  inherited(): void {}

  @OnComplaint()
  overridden(): void {}
}

@Injectable()
class Mixed extends Base {
  @OnComplaint('USER_RESPONSE')
  own(): void {}

  other(): void {}

  override overridden(): void {}

  get accessor(): never {
    throw new Error('An accessor must not be read.');
  }
}

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  @OnComplaint()
  handle(): void {}
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  @OnComplaint()
  handle(): void {}
}

@Controller()
class Alerts {
  @OnComplaint()
  ring(): void {}
}

@Injectable()
class Plain {
  @OnComplaint()
  handle(): void {}
}

async function explorer(metadata: ModuleMetadata): Promise<ComplaintListenerExplorer> {
  const { module } = await startModule(merchant.options, metadata);
  // An app with several of our modules has one each; that of `startModule` comes first.
  const [first] = module.get(ComplaintListenerExplorer, { strict: false, each: true });
  if (!first) throw new Error('There is no explorer.');
  return first;
}

async function listeners(metadata: ModuleMetadata): Promise<string[]> {
  const found = (await explorer(metadata)).listeners();
  return found.map(({ name, isStatic }) => (isStatic ? name : `${name} per notification`)).sort();
}

describe('ComplaintListenerExplorer', () => {
  it('finds methods of providers and controllers, inherited ones too', async () => {
    await expect(listeners({ providers: [Mixed], controllers: [Alerts] })).resolves.toEqual([
      'Alerts.ring',
      'Mixed.inherited',
      'Mixed.own',
    ]);
  });

  it('finds those of providers that are made for each notification', async () => {
    await expect(listeners({ providers: [Scoped, Transient] })).resolves.toEqual([
      'Scoped.handle per notification',
      'Transient.handle per notification',
    ]);
  });

  it.each<[what: string, providers: NonNullable<ModuleMetadata['providers']>]>([
    ['a class under a token', [{ provide: 'TOKEN', useClass: Plain }]],
    ['a value', [{ provide: 'TOKEN', useValue: new Plain() }]],
    ['a factory', [{ provide: 'TOKEN', useFactory: () => new Plain() }]],
    ['a class with an alias', [Plain, { provide: 'TOKEN', useExisting: Plain }]],
    [
      'one object under two tokens',
      [Plain, { provide: 'TOKEN', inject: [Plain], useFactory: (plain: Plain) => plain }],
    ],
  ])('finds those of %s once', async (_what, providers) => {
    await expect(listeners({ providers })).resolves.toEqual(['Plain.handle']);
  });

  it('is not disturbed by what is no object of a class', async () => {
    const values = [undefined, null, 'text', 7, () => undefined, Object.create(null), Plain];
    const providers = values.map((useValue: unknown, index) => ({
      provide: `V${index}`,
      useValue,
    }));
    await expect(listeners({ providers })).resolves.toEqual([]);
  });

  it('leaves out what only another module of ours can see', async () => {
    @Module({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, mchid: '1900000200' })],
      providers: [Plain],
    })
    class OtherMerchant {}
    @Module({ providers: [Mixed] })
    class Neutral {}
    await expect(
      listeners({ imports: [OtherMerchant, Neutral], controllers: [Alerts] }),
    ).resolves.toEqual(['Alerts.ring', 'Mixed.inherited', 'Mixed.own']);
  });

  it('knows the prototypes that are provided, and whether the module has a route', async () => {
    const found = await explorer({ providers: [Mixed] });
    expect(found.providedPrototypes().has(Base.prototype)).toBe(true);
    expect(found.providedPrototypes().has(Plain.prototype)).toBe(false);
    expect(found.hasRoute()).toBe(false);
  });
});
