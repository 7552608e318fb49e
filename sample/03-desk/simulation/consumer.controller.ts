import { Body, ConflictException, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { ComplaintHistoryEntry } from 'nestjs-wechatpay-complaint';
import type { SimulatedHistoryEntry, SimulatedStep } from 'nestjs-wechatpay-complaint/testing';
import { type ComplaintDetailsView, toDetailsView } from '../history.view.js';
import { MessageDto, NewComplaintDto, StepDto } from './consumer.dto.js';
import { type PictureName, readPicture } from './pictures.js';
import { Simulation } from './simulation.js';

const PROBLEMS = {
  REFUND: '商品问题，申请退款',
  SERVICE_NOT_WORK: '服务权益未生效',
  OTHERS: '其他问题',
} as const;

/** The API of the page in `public`, which plays the consumer. */
@Controller('simulation/api')
export class ConsumerController {
  constructor(private readonly simulation: Simulation) {}

  @Get('complaints')
  list(): ComplaintDetailsView[] {
    const { simulator, merchant } = this.simulation;
    return simulator
      .complaints(merchant)
      .map((complaint) =>
        toDetailsView(
          complaint,
          entriesOf(simulator.complaintHistory(merchant, complaint.complaint_id)),
        ),
      );
  }

  @Post('complaints')
  @HttpCode(200)
  async complain(
    @Body() { detail, problem, amount, picture }: NewComplaintDto,
  ): Promise<{ id: string }> {
    const { simulator, merchant } = this.simulation;
    const { complaint } = await simulator.complain(merchant, {
      complaint_detail: detail,
      problem_type: problem,
      problem_description: PROBLEMS[problem],
      order: { amount },
      images: picturesOf(picture),
    });
    return { id: complaint.complaint_id };
  }

  @Post('complaints/:id/messages')
  @HttpCode(204)
  async respond(@Param('id') id: string, @Body() { text, picture }: MessageDto): Promise<void> {
    const { simulator, merchant } = this.simulation;
    await simulator.sendUserMessage(merchant, id, { text, images: picturesOf(picture) });
  }

  @Post('complaints/:id/steps')
  @HttpCode(204)
  async take(@Param('id') id: string, @Body() { step }: StepDto): Promise<void> {
    await this.run(id, step).catch((error: unknown) => {
      // The state of the complaint does not allow the step.
      throw new ConflictException(String(error));
    });
  }

  private run(id: string, step: StepDto['step']): Promise<SimulatedStep> {
    const { simulator, merchant } = this.simulation;
    switch (step) {
      case 'continue':
        return simulator.continueComplaint(merchant, id, { text: '问题没有解决，我要继续投诉' });
      case 'apply-platform':
        return simulator.applyPlatformService(merchant, id);
      case 'cancel-platform':
        return simulator.cancelPlatformService(merchant, id);
      case 'finish-platform':
        return simulator.finishPlatformService(merchant, id, { text: '平台协助已完成' });
      case 'settle-refund':
        return simulator.settleRefund(merchant, id);
    }
  }
}

function picturesOf(name: PictureName | undefined): Buffer[] {
  return name === undefined ? [] : [readPicture(name)];
}

/** The simulator has entries as they go over the wire, with an object for the pictures of an entry. */
function entriesOf(history: readonly SimulatedHistoryEntry[]): ComplaintHistoryEntry[] {
  return history.map(({ complaint_media_list: media, normal_message: message, ...entry }) => ({
    ...entry,
    complaint_media_list: media && [media],
    normal_message: message && {
      ...message,
      blocks: message.blocks.map((block) => ({ ...block })),
    },
  }));
}
