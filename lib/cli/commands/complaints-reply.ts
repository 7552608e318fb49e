import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { ComplaintService } from '../../complaints/complaint.service.js';
import type { Complaint } from '../../complaints/interfaces/complaint.interface.js';
import type { Command } from '../command.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { readBytes } from '../files.js';
import { withWechatPay } from '../wechatpay.js';

export const complaintsReply: Command = {
  name: 'complaints reply',
  summary: 'Reply to the consumer',
  description:
    'Replies in the chat when the consumer waits there. A service provider replies for the\n' +
    'sub-merchant that the complaint is about.',
  positionals: ['ID', 'TEXT'],
  options: {
    image: {
      placeholder: 'FILE',
      description: 'a picture to send along, JPG, BMP or PNG; up to 4 times',
      multiple: true,
    },
    ...ENVIRONMENT_OPTIONS,
  },
  run: ({ args, terminal }) => {
    const id = args.positional('ID');
    const text = args.positional('TEXT');
    // Read before anything is sent.
    const images = args.list('image').map((file) => ({
      filename: basename(file),
      bytes: readBytes('--image', file),
    }));
    return withWechatPay(readOptions(args, terminal), terminal, async (wechatPay) => {
      const service = wechatPay.get(ComplaintService);
      const complaint = await firstValueFrom(service.get(id));
      const mediaIds: string[] = [];
      for (const { filename, bytes } of images) {
        const { media_id } = await firstValueFrom(service.uploadImage(bytes, { filename }));
        mediaIds.push(media_id);
      }
      await send(service, complaint, text, mediaIds);
      terminal.print(`replied to complaint ${id}`);
      return EXIT.ok;
    });
  },
};

async function send(
  service: ComplaintService,
  { complaint_id, complainted_mchid, need_immediate_service }: Complaint,
  text: string,
  mediaIds: readonly string[],
): Promise<void> {
  if (need_immediate_service !== true) {
    const reply = {
      complainted_mchid,
      response_content: text,
      ...(mediaIds.length > 0 && { response_images: mediaIds }),
    };
    await firstValueFrom(service.reply(complaint_id, reply), { defaultValue: undefined });
    return;
  }
  const message = {
    blocks: [
      { type: 'TEXT', text: { text } } as const,
      ...mediaIds.map((media_id) => ({ type: 'IMAGE', image: { media_id } }) as const),
    ],
    sender_identity: 'MANUAL',
  };
  const reply = { complainted_mchid, message, idempotent_id: randomUUID() };
  await firstValueFrom(service.replyImmediately(complaint_id, reply));
}
