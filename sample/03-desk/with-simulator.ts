import { startDesk } from './simulation/start-desk.js';

/** Runs the app of this folder with a WeChat Pay on loopback, until it is stopped. */

const { url } = await startDesk({
  port: Number(process.env.PORT ?? 3000),
  nest: { logger: ['warn', 'error', 'fatal'] },
});
console.log(`\n  The desk            ${url}/`);
console.log(`  A consumer's phone  ${url}/simulation/   (simulated)`);
console.log('\n  Ctrl+C ends it.\n');
