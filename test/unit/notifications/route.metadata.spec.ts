import { describe, expect, it } from '@jest/globals';
import { type CanActivate, Controller, Injectable, Post, UseGuards } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintNotificationGuard,
  ComplaintNotificationReceiver,
} from 'nestjs-wechatpay-complaint';
import {
  isComplaintNotificationRoute,
  isGuarded,
} from '../../../lib/notifications/route.metadata.js';

@Injectable()
class OwnGuard extends ComplaintNotificationGuard {}

@Injectable()
class OtherGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class Routes {
  @Post('decorated')
  @ComplaintNotification()
  decorated(): void {}

  @UseGuards(ComplaintNotificationGuard)
  guarded(): void {}

  @UseGuards(OtherGuard, OwnGuard)
  ownGuarded(): void {}

  @UseGuards(OtherGuard)
  otherGuarded(): void {}

  @UseGuards()
  withoutGuards(): void {}

  plain(): void {}
}

class Overriding extends Routes {
  override decorated(): void {}
}

const { prototype } = Routes;

describe('isGuarded', () => {
  it.each<[name: keyof Routes, expected: boolean]>([
    ['decorated', true],
    ['guarded', true],
    ['ownGuarded', true],
    ['otherGuarded', false],
    ['withoutGuards', false],
    ['plain', false],
  ])('says of the method %s: %p', (name, expected) => {
    expect(isGuarded(prototype[name])).toBe(expected);
  });

  it('finds the guard on a class, for its subclasses too', () => {
    @UseGuards(ComplaintNotificationGuard)
    @Controller()
    class GuardedController {}
    class Subclass extends GuardedController {}
    expect([isGuarded(GuardedController), isGuarded(Subclass), isGuarded(Routes)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is false for anything but a class or a method', () => {
    expect([undefined, null, {}, 'guarded'].map(isGuarded)).toEqual([false, false, false, false]);
  });

  it('does not fail at an instance in place of a guard', () => {
    class Controllers {
      @UseGuards(new OtherGuard(), new OwnGuard({} as ComplaintNotificationReceiver))
      handle(): void {}
    }
    expect(isGuarded(Controllers.prototype.handle)).toBe(false);
  });
});

describe('isComplaintNotificationRoute', () => {
  it('is true for a decorated method alone', () => {
    expect(isComplaintNotificationRoute(prototype.decorated)).toBe(true);
    expect(isComplaintNotificationRoute(prototype.guarded)).toBe(false);
    expect(isComplaintNotificationRoute(Overriding.prototype.decorated)).toBe(false);
    expect(isComplaintNotificationRoute(undefined)).toBe(false);
  });
});
