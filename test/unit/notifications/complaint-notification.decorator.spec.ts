import { describe, expect, it } from '@jest/globals';
import { Controller, Post, type Type, UseGuards } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintNotificationGuard,
  isComplaintNotification,
} from 'nestjs-wechatpay-complaint';

describe('@ComplaintNotification()', () => {
  it('cannot be on a class', () => {
    expect(() => {
      class ComplaintsController {}
      // JavaScript has no types that forbid it.
      Reflect.decorate([ComplaintNotification() as ClassDecorator], ComplaintsController);
    }).toThrow(
      new TypeError(
        '@ComplaintNotification() is on the class ComplaintsController. Put it on the method that handles ' +
          'notifications, beside @Post().',
      ),
    );
  });

  it('cannot be on a class for the compiler either', () => {
    const decorator: MethodDecorator = ComplaintNotification();
    // @ts-expect-error: it is no ClassDecorator.
    const classDecorator: ClassDecorator = ComplaintNotification();
    expect(classDecorator).toBeInstanceOf(decorator.constructor);
  });

  it.each<[what: string, decorate: () => unknown, problem: string]>([
    [
      'on one method twice',
      () => {
        class ComplaintsController {
          @ComplaintNotification()
          @ComplaintNotification()
          handle(): void {}
        }
        return ComplaintsController;
      },
      'ComplaintsController.handle: it is there twice. Remove one.',
    ],
    [
      'on an accessor',
      () => {
        class ComplaintsController {
          @ComplaintNotification()
          get handle(): () => void {
            return () => undefined;
          }
        }
        return ComplaintsController;
      },
      'ComplaintsController.handle: this is not a method.',
    ],
    [
      'on a property that holds an arrow function',
      () => {
        class ComplaintsController {
          handle = (): void => undefined;
        }
        Reflect.decorate([ComplaintNotification()], ComplaintsController.prototype, 'handle');
        return ComplaintsController;
      },
      'ComplaintsController.handle: this is not a method.',
    ],
    [
      'on a static method',
      () => {
        class ComplaintsController {
          @ComplaintNotification()
          static handle(): void {}
        }
        return ComplaintsController;
      },
      'ComplaintsController.handle: Nest makes no route of a static method.',
    ],
    [
      'on a method named by a symbol',
      () => {
        const handle = Symbol('handle');
        class ComplaintsController {
          @ComplaintNotification()
          [handle](): void {}
        }
        return ComplaintsController;
      },
      'ComplaintsController.Symbol(handle): Nest makes no route of a method named by a symbol.',
    ],
    [
      'on a generator',
      () => {
        class ComplaintsController {
          @ComplaintNotification()
          *handle(): Generator<number> {
            yield 1;
          }
        }
        return ComplaintsController;
      },
      'ComplaintsController.handle: this is a generator, whose code would never run. Use an async method.',
    ],
    [
      'on an async generator',
      () => {
        class ComplaintsController {
          @ComplaintNotification()
          async *handle(): AsyncGenerator<number> {
            yield await Promise.resolve(1);
          }
        }
        return ComplaintsController;
      },
      'ComplaintsController.handle: this is a generator, whose code would never run. Use an async method.',
    ],
  ])('cannot be %s', (_what, decorate, problem) => {
    expect(decorate).toThrow(new TypeError(`@ComplaintNotification() on ${problem}`));
  });
});

describe('isComplaintNotification', () => {
  class Routes {
    @Post()
    @ComplaintNotification()
    decorated(): void {}

    @UseGuards(ComplaintNotificationGuard)
    guarded(): void {}

    other(): void {}
  }

  @Controller()
  @UseGuards(ComplaintNotificationGuard)
  class GuardedController {
    handle(): void {}
  }

  const isNotification = (controller: Type, handler: () => void): boolean =>
    isComplaintNotification({
      getHandler: () => handler,
      getClass: <T>() => controller as Type<T>,
    });

  it('recognises the decorator, the guard on a method and the guard on a class', () => {
    const { decorated, guarded, other } = Routes.prototype;
    expect([decorated, guarded, other].map((handler) => isNotification(Routes, handler))).toEqual([
      true,
      true,
      false,
    ]);
    expect(isNotification(GuardedController, GuardedController.prototype.handle)).toBe(true);
  });
});
