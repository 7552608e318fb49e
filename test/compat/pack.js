import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Builds and packs the package into a new folder, which is deleted when this process ends. */
export default function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-complaint-compat-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', folder], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.env.COMPAT_FOLDER = folder;
}
