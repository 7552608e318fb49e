import type { NotificationTask } from 'nestjs-wechatpay-complaint';

/** Stands for the processor of notifications: runs every task and remembers nothing. */
export async function runTasks(tasks: readonly NotificationTask[]): Promise<'handled'> {
  for (const { handle } of tasks) await handle();
  return 'handled';
}
