import { describe, expect, it } from '@jest/globals';
import { InTransaction } from 'nestjs-wechatpay-complaint';
import { isInTransaction } from '../../../lib/notifications/in-transaction.decorator.js';

describe('@InTransaction()', () => {
  class Base {
    @InTransaction()
    inside(): void {}
    outside(): void {}
    @InTransaction()
    overridden(): void {}
  }
  class Sub extends Base {
    override overridden(): void {}
  }

  it('concerns the method that has it', () => {
    expect(isInTransaction(Base.prototype, 'inside')).toBe(true);
    expect(isInTransaction(Base.prototype, 'outside')).toBe(false);
    expect(isInTransaction(Base.prototype, 'missing')).toBe(false);
  });

  it('is inherited with the method, not with one that overrides it', () => {
    expect(isInTransaction(Sub.prototype, 'inside')).toBe(true);
    expect(isInTransaction(Sub.prototype, 'overridden')).toBe(false);
  });

  it('stays when another decorator replaces the function', () => {
    class Replaced {
      open(): void {}
    }
    const descriptor = { value: () => undefined };
    InTransaction()(Replaced.prototype, 'open', descriptor);
    Object.defineProperty(Replaced.prototype, 'open', { value: () => undefined });
    expect(isInTransaction(Replaced.prototype, 'open')).toBe(true);
  });

  it('rejects anything but a method', () => {
    const decorate = InTransaction() as (...args: unknown[]) => void;
    expect(() => {
      decorate(Base);
    }).toThrow('@InTransaction() on Base: this is not a method.');
    expect(() => {
      decorate(Base.prototype, 'property');
    }).toThrow('@InTransaction() on Base.property: this is not a method.');
  });
});
