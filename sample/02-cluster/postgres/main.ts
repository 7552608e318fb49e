import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  // WeChat Pay signs the exact bytes of the body: rawBody keeps them.
  const app = await NestFactory.create(AppModule, { rawBody: true });
  // Lets handlers and jobs finish on SIGTERM and SIGINT.
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
  // Tells a process manager that this process accepts requests.
  process.send?.('ready');
}

void bootstrap();
