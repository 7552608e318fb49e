import { describe, expect, it } from '@jest/globals';
import { OnComplaintDeadline } from 'nestjs-wechatpay-complaint';
import { hearsOfDeadlines } from '../../../lib/reconciliation/on-complaint-deadline.decorator.js';

describe('OnComplaintDeadline', () => {
  it('marks a method, for subclasses that do not override it as well', () => {
    class Base {
      @OnComplaintDeadline()
      remind(): void {}
      other(): void {}
    }
    class Same extends Base {}
    class Other extends Base {
      override remind(): void {}
    }
    expect(hearsOfDeadlines(Base.prototype, 'remind')).toBe(true);
    expect(hearsOfDeadlines(Base.prototype, 'other')).toBe(false);
    expect(hearsOfDeadlines(Same.prototype, 'remind')).toBe(true);
    expect(hearsOfDeadlines(Other.prototype, 'remind')).toBe(false);
    expect(hearsOfDeadlines(Base.prototype, 'missing')).toBe(false);
  });

  class Owner {
    static remind(): void {}
    *generate(): Generator<undefined> {
      yield undefined;
    }
  }
  const decorate = OnComplaintDeadline();

  it.each<[string, () => void, RegExp]>([
    [
      'a class',
      () => {
        (decorate as (target: object) => void)(Owner);
      },
      /on Owner: this is a class/,
    ],
    [
      'a static method',
      () => {
        decorate(Owner, 'remind', { value: Owner.remind });
      },
      /on Owner\.remind: .* static/,
    ],
    [
      'a method named by a symbol',
      () => {
        decorate(Owner.prototype, Symbol('x'), { value: () => undefined });
      },
      /named by a symbol/,
    ],
    [
      'a property',
      () => {
        decorate(Owner.prototype, 'property', {});
      },
      /on Owner\.property: this is not a method/,
    ],
    [
      'a generator',
      () => {
        decorate(Owner.prototype, 'generate', { value: Owner.prototype.generate });
      },
      /this is a generator/,
    ],
  ])('rejects %s', (_what, run, message) => {
    expect(run).toThrow(TypeError);
    expect(run).toThrow(message);
  });
});
