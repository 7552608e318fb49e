import { startDesk } from './simulation/start-desk.js';

/** Runs the desk with the WeChat Pay simulator until it is stopped. */

const { url } = await startDesk({
  port: Number(process.env.PORT ?? 3000),
  nest: { logger: ['warn', 'error', 'fatal'] },
});
console.log(`\n  The desk              ${url}/`);
console.log(`  The consumer's phone  ${url}/simulation/   (simulated)`);
console.log('\n  Press Ctrl+C to stop.\n');
