import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

// A signature is over the exact bytes of the body: rawBody keeps them.
const app = await NestFactory.create(AppModule, { rawBody: true });
// On SIGTERM and SIGINT, running handlers and jobs are awaited.
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
// Where a process manager started this one, it knows now that it can send requests.
process.send?.('ready');
