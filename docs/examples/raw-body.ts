import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express from 'express';
import { AppModule } from './quickstart/app.module.js';

export async function onFastify() {
  // #region fastify
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true });
  // #endregion fastify
  return app;
}

export async function onExpress() {
  // #region express
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { bodyParser: false });
  // A Buffer for this path only; the rest of the app keeps a JSON parser.
  app.use('/wechatpay/complaints', express.raw({ type: 'application/json' }));
  app.useBodyParser('json');
  // #endregion express
  return app;
}
