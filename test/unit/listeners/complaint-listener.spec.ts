import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory, ModulesContainer } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { defer, of } from 'rxjs';
import { ComplaintListener } from '../../../lib/listeners/complaint-listener.js';

const NOTIFICATION = {
  mchid: '1900000109',
  id: 'EV-1',
  event_type: 'COMPLAINT.CREATE',
  complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT' },
};

let app: TestingModule | undefined;
let calls: unknown[] = [];

@Injectable()
class Plain {
  readonly shop = 'of the instance';

  handle(...args: unknown[]): unknown {
    calls.push(this.shop, ...args);
    return defer(() => of(calls.push('subscribed')));
  }

  fail(): never {
    throw new Error('locked');
  }
}

let instances = 0;

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  readonly number = ++instances;

  handle(): void {
    calls.push(this.number);
  }
}

afterEach(async () => {
  calls = [];
  instances = 0;
  await app?.close();
});

async function create(
  provider: typeof Plain | typeof Scoped,
  key: string,
  actionTypes: string[] = [],
): Promise<ComplaintListener> {
  app = await Test.createTestingModule({ providers: [provider] }).compile();
  const module = [...app.get(ModulesContainer).values()].find((candidate) =>
    candidate.providers.has(provider),
  );
  const wrapper = module?.providers.get(provider);
  if (!module || !wrapper) throw new Error('The provider is in no module.');
  const { prototype } = provider;
  const instance = wrapper.instance as object;
  const isStatic = provider === Plain;
  return new ComplaintListener(
    { module, token: provider, prototype, instance, isStatic },
    key,
    actionTypes,
  );
}

describe('ComplaintListener', () => {
  it('has a name and a module', async () => {
    const listener = await create(Plain, 'handle');
    expect([listener.name, listener.module]).toEqual(['Plain.handle', 'RootTestModule']);
  });

  it.each([
    [[], true],
    [['USER_RESPONSE', 'CREATE_COMPLAINT'], true],
    [['USER_RESPONSE'], false],
  ])('that listens for %j hears CREATE_COMPLAINT: %p', async (actionTypes, hears) => {
    expect((await create(Plain, 'handle', actionTypes)).hears('CREATE_COMPLAINT')).toBe(hears);
  });

  it('runs its method on the instance with the notification, and waits for it', async () => {
    const listener = await create(Plain, 'handle');
    await listener.run(NOTIFICATION, ContextIdFactory.create());
    expect(calls).toEqual(['of the instance', NOTIFICATION, 'subscribed']);
  });

  it('rejects with what its method throws', async () => {
    const listener = await create(Plain, 'fail');
    await expect(listener.run(NOTIFICATION, ContextIdFactory.create())).rejects.toThrow('locked');
  });

  it('runs on an instance of its own in each context', async () => {
    const listener = await create(Scoped, 'handle');
    const context = ContextIdFactory.create();
    await listener.run(NOTIFICATION, context);
    await listener.run(NOTIFICATION, context);
    await listener.run(NOTIFICATION, ContextIdFactory.create());
    expect(calls).toEqual([1, 1, 2]);
  });

  it('fails when its method is gone', async () => {
    const listener = await create(Plain, 'removed');
    await expect(listener.run(NOTIFICATION, ContextIdFactory.create())).rejects.toThrow(
      'Plain.removed is no longer a method.',
    );
  });
});
