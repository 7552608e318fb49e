import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  type MessageEvent,
  Param,
  Post,
  Query,
  Req,
  Sse,
  StreamableFile,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request } from 'express';
import { interval, map, merge, type Observable } from 'rxjs';
import { ComplaintFeed } from './complaint-feed.js';
import type { ComplaintListView } from './complaint.view.js';
import { ListQueryDto, RefundDecisionDto, ReplyDto } from './desk.dto.js';
import { DeskService } from './desk.service.js';
import type { ComplaintDetailsView } from './history.view.js';

/** Milliseconds. Proxies close a connection that is silent for a minute. */
const HEARTBEAT = 25_000;
/** Types that browsers can only show, never run. */
const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/bmp', 'image/gif', 'image/webp'];
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/bmp': 'bmp',
};

/** The API of the page in `public`. It is open to everybody who reaches it: add your own login. */
@Controller('api')
export class DeskController {
  constructor(
    private readonly desk: DeskService,
    private readonly feed: ComplaintFeed,
  ) {}

  @Get('complaints')
  @Header('Cache-Control', 'no-store')
  list(@Query() { end }: ListQueryDto): Promise<ComplaintListView> {
    return this.desk.list(end);
  }

  @Get('complaints/:id')
  @Header('Cache-Control', 'no-store')
  details(@Param('id') id: string): Promise<ComplaintDetailsView> {
    return this.desk.details(id);
  }

  /** A POST, so that no link can trigger it and no browser history keeps it. */
  @Post('complaints/:id/phone')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async phone(@Param('id') id: string): Promise<{ phone?: string }> {
    return { phone: await this.desk.phone(id) };
  }

  @Post('complaints/:id/replies')
  @HttpCode(204)
  reply(@Param('id') id: string, @Body() reply: ReplyDto): Promise<void> {
    return this.desk.reply(id, reply);
  }

  @Post('complaints/:id/complete')
  @HttpCode(204)
  complete(@Param('id') id: string): Promise<void> {
    return this.desk.complete(id);
  }

  @Post('complaints/:id/refund')
  @HttpCode(204)
  decideRefund(@Param('id') id: string, @Body() decision: RefundDecisionDto): Promise<void> {
    return this.desk.decideRefund(id, decision);
  }

  /** The body is the picture. Nest has not read it: its parsers take JSON and forms only. */
  @Post('pictures')
  @HttpCode(200)
  async upload(@Req() request: Request): Promise<{ id: string }> {
    const extension = EXTENSIONS[request.headers['content-type'] ?? ''];
    if (extension === undefined) throw new UnsupportedMediaTypeException();
    return { id: await this.desk.upload(request, `picture.${extension}`) };
  }

  /** Pictures come from strangers, and WeChat Pay does not sign them. */
  @Get('pictures')
  @Header('Cache-Control', 'private, max-age=3600')
  @Header('Content-Security-Policy', "default-src 'none'; sandbox")
  async picture(@Query('of') url: string): Promise<StreamableFile> {
    const { contentType, contentLength, stream } = await this.desk.picture(url);
    if (!PICTURE_TYPES.includes(contentType)) {
      stream.destroy();
      throw new UnsupportedMediaTypeException();
    }
    return new StreamableFile(stream, { type: contentType, length: contentLength });
  }

  @Sse('events')
  events(): Observable<MessageEvent> {
    return merge(
      this.feed.changes.pipe(map((change) => ({ type: 'change', data: change }))),
      interval(HEARTBEAT).pipe(map(() => ({ type: 'heartbeat', data: '' }))),
    );
  }
}
