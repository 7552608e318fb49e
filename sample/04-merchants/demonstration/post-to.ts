import type { SignedNotification } from 'nestjs-wechatpay-complaint/testing';

/** Posts a notification to the routes of merchants, known or not. Returns the status of each response. */
export async function postTo(
  origin: string,
  mchids: readonly string[],
  { headers, body }: SignedNotification,
): Promise<number[]> {
  const statuses: number[] = [];
  for (const mchid of mchids) {
    const url = `${origin}/wechatpay/${mchid}/complaints`;
    const response = await fetch(url, { method: 'POST', headers, body });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  return statuses;
}
