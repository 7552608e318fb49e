import { describe, expect, it } from '@jest/globals';
import { listeningMethod, misuse } from '../../../lib/listeners/listening-method.js';

const SYMBOL = Symbol('named');

class Owner {
  static fixed(): void {}
  listen(): void {}
  *generate(): Generator {}
  [SYMBOL](): void {}
}

const check = (target: object, key?: string | symbol) =>
  listeningMethod(
    '@Listen()',
    target,
    key,
    key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key),
  );

describe('listeningMethod', () => {
  it('names a method', () => {
    expect(check(Owner.prototype, 'listen')).toBe('listen');
  });

  it.each<[what: string, target: object, key: string | symbol | undefined, message: string]>([
    ['a class', Owner, undefined, '@Listen() on Owner: this is a class.'],
    ['a static method', Owner, 'fixed', '@Listen() on Owner.fixed: Nest has no instance'],
    ['a symbol', Owner.prototype, SYMBOL, 'Nest does not find a method named by a symbol.'],
    ['a property', Owner.prototype, 'text', '@Listen() on Owner.text: this is not a method.'],
    [
      'a generator',
      Owner.prototype,
      'generate',
      '@Listen() on Owner.generate: this is a generator',
    ],
  ])('rejects %s', (_what, target, key, message) => {
    expect(() => check(target, key)).toThrow(message);
  });
});

describe('misuse', () => {
  it('names decorator and method', () => {
    expect(misuse('@Listen()', Owner.prototype, 'listen', 'why.')).toEqual(
      new TypeError('@Listen() on Owner.listen: why.'),
    );
  });
});
