import { AppModule } from './app.module.js';
import { createApp } from './create-app.js';

const app = await createApp(AppModule);
// On loopback, for here nobody has to log in: what stands in front of it has to see to that.
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
