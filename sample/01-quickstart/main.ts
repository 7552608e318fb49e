import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

// A signature is over the exact bytes of the body: rawBody keeps them.
const app = await NestFactory.create(AppModule, { rawBody: true });
await app.listen(process.env.PORT ?? 3000);
