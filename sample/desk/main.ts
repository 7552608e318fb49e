import { AppModule } from './app.module.js';
import { createApp } from './create-app.js';

const app = await createApp(AppModule);
await app.listen(process.env.PORT ?? 3000);
