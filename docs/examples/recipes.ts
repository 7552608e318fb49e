import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExecutionContext,
  HttpCode,
  Inject,
  Injectable,
  Post,
  ServiceUnavailableException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  ComplaintDispatcher,
  ComplaintNotification,
  ComplaintNotificationException,
  ComplaintNotificationFilter,
  ComplaintNotificationGuard,
  type ComplaintNotificationPayload,
  ComplaintNotificationReceiver,
  ComplaintNotificationVerifier,
  ComplaintPayload,
  isComplaintNotification,
} from 'nestjs-wechatpay-complaint';

interface Counter {
  increment(name: string): void;
}

declare const metrics: Counter;

// #region login
@Injectable()
export class LoginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    // Its own guard verifies it: WeChat Pay cannot log in.
    if (isComplaintNotification(context)) return true;
    return hasSession(context);
  }
}
// #endregion login

function hasSession(context: ExecutionContext): boolean {
  return context.getType() === 'http';
}

// #region filter
@Catch(ComplaintNotificationException)
export class CountRejections extends ComplaintNotificationFilter {
  override catch(exception: ComplaintNotificationException, host: ArgumentsHost): void {
    metrics.increment(`complaint.${exception.code}`);
    super.catch(exception, host);
  }
}

@Controller('wechatpay')
export class CountingController {
  @Post('complaints')
  @UseFilters(CountRejections) // above the decorator
  @ComplaintNotification()
  handle(@ComplaintPayload('id') id: string): void {
    metrics.increment(id);
  }
}
// #endregion filter

// #region guard-alone
@Controller('wechatpay')
export class OwnResponse {
  @Post('complaints')
  @HttpCode(200) // not Nest's 201, which WeChat Pay may not accept
  @UseGuards(ComplaintNotificationGuard)
  handle(@ComplaintPayload() { id }: ComplaintNotificationPayload): { received: string } {
    return { received: id };
  }
}
// #endregion guard-alone

@Injectable()
export class OpeningHours {
  isOpen(): boolean {
    return new Date().getHours() > 8;
  }
}

// #region own-guard
@Injectable()
export class OpenHoursGuard extends ComplaintNotificationGuard {
  constructor(
    @Inject(COMPLAINT_NOTIFICATION_RECEIVER) receiver: ComplaintNotificationReceiver,
    private readonly hours: OpeningHours,
  ) {
    super(receiver);
  }

  protected override isAccepted(): boolean {
    if (this.hours.isOpen()) return true;
    throw new ServiceUnavailableException(); // WeChat Pay delivers it again
  }
}
// #endregion own-guard

// #region gateway
export interface GatewayEvent {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

@Injectable()
export class GatewayHandler {
  constructor(
    private readonly verifier: ComplaintNotificationVerifier,
    private readonly dispatcher: ComplaintDispatcher,
  ) {}

  async handle({ headers, body, isBase64Encoded }: GatewayEvent) {
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    try {
      const payload = await this.verifier.verify({ headers, body: bytes });
      await this.dispatcher.dispatch(payload); // to the methods with @OnComplaint(), once
      return { statusCode: 204 };
    } catch (error) {
      if (!(error instanceof ComplaintNotificationException)) throw error;
      return { statusCode: error.getStatus(), body: JSON.stringify(error.getResponse()) };
    }
  }
}
// #endregion gateway
