import type { ComplaintService } from 'nestjs-wechatpay-complaint';
import type { SimulatedComplaintContent } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { readPicture } from './pictures.js';
import type { Simulation } from './simulation.js';

/**
 * Creates some complaints, oldest first. The merchant's own actions go through ComplaintService, as
 * those of the desk do.
 */
export async function seedComplaints(
  simulation: Simulation,
  service: ComplaintService,
): Promise<void> {
  const { simulator, merchant } = simulation;
  let minutesAgo = 0;
  const at = (minutes: number): void => {
    minutesAgo = minutes;
    simulation.turnBack(minutes);
  };
  const complain = async (content: SimulatedComplaintContent): Promise<string> => {
    const complaint_id = `20020260${String(minutesAgo).padStart(4, '0')}0042`;
    await simulator.complain(merchant, { complaint_id, ...content });
    return complaint_id;
  };
  const reply = (id: string, response_content: string): Promise<void> =>
    firstValueFrom(service.reply(id, { response_content }));

  // Before the 30 days that the desk loads first.
  at(64_800);
  const lamp = await complain({
    complaint_detail: '台灯收到时灯罩已经碎了，要求补发灯罩。',
    problem_description: '商品破损',
    problem_type: 'OTHERS',
    order: {
      out_trade_no: 'S20260603003',
      transaction_id: '4200001987202606030003',
      amount: 12900,
    },
  });
  at(64_700);
  await reply(lamp, '非常抱歉，灯罩今天补发，请留意查收。');
  at(62_000);
  await firstValueFrom(service.complete(lamp));

  at(4410);
  const course = await complain({
    complaint_detail: '报名的课程一直没有开通，客服说要等，等了两天还是没有。',
    problem_description: '服务未按约定提供',
    problem_type: 'SERVICE_NOT_WORK',
    order: {
      out_trade_no: 'K20260715112',
      transaction_id: '4200001987202607150112',
      amount: 19900,
    },
  });
  at(4200);
  await reply(course, '您好，课程权限正在由技术人员处理，开通后会第一时间通知您。');

  at(4000);
  const parcel = await complain({
    complaint_detail: '快递显示已签收，但我没有收到，驿站也说没有这个包裹。',
    problem_description: '未收到货',
    order: {
      out_trade_no: 'S20260715021',
      transaction_id: '4200001987202607150021',
      amount: 32800,
    },
    apply_refund_amount: 32800,
  });
  at(3970);
  await reply(parcel, '您好，已联系快递公司核实派送情况，预计今天内给您答复。');
  at(3120);
  const coupon = await complain({
    complaint_detail: '付款后一直没有收到视频会员，客服电话也打不通。',
    problem_description: '虚拟商品未到账',
    problem_type: 'SERVICE_NOT_WORK',
    order: {
      out_trade_no: 'VIP20260716001',
      transaction_id: '4200001987202607160001',
      amount: 2500,
    },
    user_tag_list: [],
  });
  at(3060);
  await reply(coupon, '您好，会员已为您重新开通，请刷新后查看。');
  at(2990);
  await simulator.sendUserMessage(merchant, coupon, { text: '收到了，谢谢。' });
  at(2980);
  await firstValueFrom(service.complete(coupon));

  at(1570);
  const shirt = await complain({
    complaint_detail: '下单的是白色衬衫，收到的是红色，而且尺码也不对，要求退款。',
    problem_description: '商品与描述不符',
    order: {
      out_trade_no: 'S20260717008',
      transaction_id: '4200001987202607170008',
      amount: 15900,
    },
    images: [readPicture('shirt')],
  });
  at(1500);
  await reply(shirt, '非常抱歉发错了货，退款已为您提交。');
  at(1490);
  await firstValueFrom(service.approveRefund(shirt, { launch_refund_day: 0 }));
  at(1200);
  await simulator.settleRefund(merchant, shirt);

  at(1150);
  await complain({
    complaint_detail: '预订的酒店到店后说没有房间，要求退还房费。',
    problem_description: '商家无法提供服务',
    order: {
      out_trade_no: 'H20260717045',
      transaction_id: '4200001987202607170045',
      amount: 46800,
    },
    user_tag_list: ['HIGH_RISK'],
  });

  at(95);
  await simulator.sendUserMessage(merchant, parcel, {
    text: '包裹找到了，但是外箱破损，里面的东西也压坏了，请看照片。',
    images: [readPicture('parcel')],
  });
  at(80);
  await simulator.applyPlatformService(merchant, parcel, {
    reason: '对商家处理结果不满意',
    description: '希望尽快退款',
  });

  at(38);
  await complain({
    complaint_detail: '共享充电宝已经归还，但是还在继续计费，请核实。',
    problem_description: '多收费用',
    problem_type: 'OTHERS',
    order: { out_trade_no: 'P20260718077', transaction_id: '4200001987202607180077', amount: 3000 },
    need_immediate_service: true,
  });

  at(6);
  await complain({
    complaint_detail: '收到的马克杯有一道很长的裂纹，杯口还缺了一块，没法使用，申请全额退款。',
    problem_description: '商品质量问题',
    order: { out_trade_no: 'S20260718030', transaction_id: '4200001987202607180030', amount: 8800 },
    images: [readPicture('mug'), readPicture('parcel')],
    payer_phone: '13800138000',
  });

  simulation.turnBack(0);
  await simulator.idle();
}
