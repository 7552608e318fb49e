import {
  Controller,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  HttpStatus,
  Post,
  type Type,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ComplaintNotificationFilter } from '../notifications/complaint-notification.filter.js';
import { ComplaintNotificationGuard } from '../notifications/complaint-notification.guard.js';
import { notificationOf, ReceivedNotification } from '../notifications/received-notification.js';
import type { ComplaintRoute } from './route-setting.js';
import { ComplaintDispatcher } from './complaint-dispatcher.js';

const Received = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  notificationOf(context.getArgByIndex(0)),
);

/**
 * Makes the controller for the option `route`. Each module has a class of its own: Nest reads the path
 * from the class, so that a shared one would serve one path only.
 */
export function createRouteController(route: ComplaintRoute): Type {
  @Controller(typeof route === 'string' ? { path: route } : route)
  class ComplaintRouteController {
    constructor(private readonly dispatcher: ComplaintDispatcher) {}

    @Post()
    @HttpCode(HttpStatus.NO_CONTENT)
    @UseGuards(ComplaintNotificationGuard)
    @UseFilters(ComplaintNotificationFilter)
    async receive(@Received() notification: ReceivedNotification): Promise<void> {
      await this.dispatcher.deliver(notification);
    }
  }
  return ComplaintRouteController;
}
