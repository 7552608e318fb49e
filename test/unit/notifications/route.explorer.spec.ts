import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Post, UseGuards } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { ComplaintNotification, ComplaintNotificationGuard } from 'nestjs-wechatpay-complaint';
import { RouteExplorer } from '../../../lib/notifications/route.explorer.js';

@Injectable()
class OwnGuard extends ComplaintNotificationGuard {}

abstract class Base {
  @Post('inherited')
  @ComplaintNotification()
  inherited(): void {}

  @Post('overridden')
  @ComplaintNotification()
  overridden(): void {}
}

@Controller('mixed')
class MixedController extends Base {
  @Post('own')
  @UseGuards(OwnGuard)
  own(): void {}

  @Get('other')
  other(): void {}

  get accessor(): never {
    throw new Error('An accessor must not be read.');
  }

  override overridden(): void {}
}

@Controller('guarded')
@UseGuards(ComplaintNotificationGuard)
class GuardedController {
  @Post('first')
  first(): void {}

  @Post('second')
  second(): void {}
}

@Injectable()
class NoController {
  @ComplaintNotification()
  handle(): void {}
}

describe('RouteExplorer', () => {
  it('finds the methods of controllers with the guard, a subclass of it or a guarded class', async () => {
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      controllers: [MixedController, GuardedController],
      providers: [RouteExplorer, NoController],
    })
      .overrideGuard(ComplaintNotificationGuard)
      .useValue({ canActivate: () => false })
      .overrideGuard(OwnGuard)
      .useValue({ canActivate: () => false })
      .compile();

    const routes = module.get(RouteExplorer).guarded();

    expect(routes.map(({ name }) => name).sort()).toEqual([
      'GuardedController.first',
      'GuardedController.second',
      'MixedController.inherited',
      'MixedController.own',
    ]);
    expect(routes.find(({ key }) => key === 'inherited')).toMatchObject({
      controller: MixedController,
      key: 'inherited',
      method: Base.prototype.inherited,
      name: 'MixedController.inherited',
    });
  });
});
