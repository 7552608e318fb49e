import { Module, type NestApplicationOptions } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ComplaintNotificationService, ComplaintService } from 'nestjs-wechatpay-complaint';
import { firstValueFrom } from 'rxjs';
import { AppModule } from '../app.module.js';
import { createApp, sourceFolder } from '../create-app.js';
import { seedComplaints } from './seeds.js';
import { Simulation } from './simulation.js';
import { SimulationModule } from './simulation.module.js';

/** The host of the registered URL. The simulator maps it to this app on loopback. */
const HOST = 'desk.example.com';
const CALLBACK_URL = `https://${HOST}/wechatpay/complaints`;

export interface StartDeskOptions {
  /** @default 0, which picks a free port */
  readonly port?: number;
  /** Whether to start with some complaints. @default true */
  readonly isSeeded?: boolean;
  readonly nest?: NestApplicationOptions;
}

export interface RunningDesk {
  readonly app: NestExpressApplication;
  readonly simulation: Simulation;
  readonly url: string;
}

/** Starts the desk with the simulator as its WeChat Pay, and with the page of a consumer. */
export async function startDesk({
  port = 0,
  isSeeded = true,
  nest,
}: StartDeskOptions = {}): Promise<RunningDesk> {
  const simulation = await Simulation.start();
  Object.assign(process.env, simulation.environment);
  @Module({ imports: [AppModule, SimulationModule.register(simulation)] })
  class DeskWithSimulation {}
  const app = await createApp(DeskWithSimulation, nest);
  app.useStaticAssets(sourceFolder('simulation/public'), { prefix: '/simulation/' });
  await app.listen(port, '127.0.0.1');
  const url = await app.getUrl();
  simulation.simulator.mapHost(HOST, url);
  const notifications = app.get(ComplaintNotificationService, { strict: false });
  await firstValueFrom(notifications.ensure({ url: CALLBACK_URL }));
  if (isSeeded) await seedComplaints(simulation, app.get(ComplaintService, { strict: false }));
  return { app, simulation, url };
}
