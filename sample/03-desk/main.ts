import { AppModule } from './app.module.js';
import { createApp } from './create-app.js';

const app = await createApp(AppModule);
// On loopback only, because the desk has no login. Put a proxy in front of it that has one.
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
