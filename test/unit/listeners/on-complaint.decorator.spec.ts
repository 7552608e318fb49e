import { describe, expect, it } from '@jest/globals';
import { OnComplaint } from 'nestjs-wechatpay-complaint';
import { listenerMetadata } from '../../../lib/listeners/listener.metadata.js';

type Decorate = (...args: unknown[]) => void;

/** As JavaScript, or a cast, can call it. */
const decorate = (...actionTypes: unknown[]): Decorate =>
  (OnComplaint as (...types: unknown[]) => Decorate)(...actionTypes);

class Listener {
  static shared(): void {}

  text = 'no method';

  open(): void {}

  *generate(): Generator<undefined> {
    yield undefined;
  }

  async *generateLater(): AsyncGenerator<undefined> {
    await Promise.resolve();
    yield undefined;
  }

  get accessor(): string {
    return this.text;
  }
}

function descriptorOf(key: string): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(Listener.prototype, key);
}

describe('@OnComplaint()', () => {
  it('keeps which actions a method listens for, and leaves the method as it is', () => {
    class Complaints {
      @OnComplaint('CREATE_COMPLAINT', 'SOMETHING_NEW')
      some(): string {
        return 'some';
      }

      @OnComplaint()
      every(): void {}
    }
    expect(listenerMetadata(Complaints.prototype, 'some')).toEqual({
      actionTypes: ['CREATE_COMPLAINT', 'SOMETHING_NEW'],
    });
    expect(listenerMetadata(Complaints.prototype, 'every')).toEqual({ actionTypes: [] });
    expect(new Complaints().some()).toBe('some');
  });

  it.each<[what: string, args: unknown[], message: string]>([
    ['a class', [Listener], 'Listener: this is a class.'],
    ['a static method', [Listener, 'shared', {}], 'Listener.shared: Nest has no instance'],
    ['a symbol', [Listener.prototype, Symbol('s'), {}], 'Listener.Symbol(s): Nest does not find'],
    ['a property', [Listener.prototype, 'text', undefined], 'Listener.text: this is not a method.'],
    [
      'an accessor',
      [Listener.prototype, 'accessor', descriptorOf('accessor')],
      'Listener.accessor: this is not a method.',
    ],
    [
      'a generator',
      [Listener.prototype, 'generate', descriptorOf('generate')],
      'Listener.generate: this is a generator',
    ],
    [
      'an asynchronous generator',
      [Listener.prototype, 'generateLater', descriptorOf('generateLater')],
      'Listener.generateLater: this is a generator',
    ],
  ])('refuses %s', (_what, args, message) => {
    expect(() => {
      decorate()(...args);
    }).toThrow(`@OnComplaint() on ${message}`);
  });

  it('refuses to be there twice, but not on a method that overrides another listener', () => {
    const define = (): unknown => {
      class Twice {
        @OnComplaint('CREATE_COMPLAINT')
        @OnComplaint('USER_RESPONSE')
        open(): void {}
      }
      return Twice;
    };
    expect(define).toThrow('@OnComplaint() on Twice.open: it is there twice.');
    class Base {
      @OnComplaint('CREATE_COMPLAINT')
      open(): void {}
    }
    class Sub extends Base {
      @OnComplaint('USER_RESPONSE')
      override open(): void {}
    }
    expect(listenerMetadata(Sub.prototype, 'open')).toEqual({ actionTypes: ['USER_RESPONSE'] });
  });

  it.each([[''], [undefined], [null], [7], [['CREATE_COMPLAINT']]])(
    'refuses %p as an action',
    (actionType) => {
      expect(() => {
        decorate('CREATE_COMPLAINT', actionType)(Listener.prototype, 'open', descriptorOf('open'));
      }).toThrow(/@OnComplaint\(\) on Listener\.open: .* is not an action_type/);
    },
  );
});
