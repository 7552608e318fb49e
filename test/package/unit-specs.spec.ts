import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Files of lib that have no spec of their own, each with the spec that tests it: errors that do nothing
 * but hold their arguments, and what only an app can run.
 */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'config/read-environment.ts': 'unit/config/wechatpay-complaint.config.spec.ts',
  'errors/notification-store.error.ts': 'unit/stores/redis-outage.spec.ts',
  'errors/wechatpay-argument.error.ts': 'unit/complaints/complaint-request-checks.spec.ts',
  'errors/wechatpay-decryption.error.ts': 'unit/complaints/complaint.service.spec.ts',
  'errors/wechatpay-network.error.ts': 'unit/http/network-failure.spec.ts',
  'errors/wechatpay-platform-key.error.ts': 'unit/keys/certificate-mode.spec.ts',
  'listeners/complaint-route.controller.ts': 'e2e/listeners.spec.ts',
  'protocol/key-material-error.ts': 'unit/protocol/rsa-key.spec.ts',
  'protocol/signature-rejection.ts': 'unit/protocol/signature-verification.spec.ts',
  'testing/accept-notification.ts': 'e2e/override-guard.spec.ts',
  'wechatpay-complaint.module.ts': 'e2e/module.spec.ts',
  'notifications/heard-complaints.ts': 'e2e/reconciliation.spec.ts',
  'reconciliation/complaint-reconciler.ts': 'e2e/reconciliation.spec.ts',
  'reconciliation/complaint-source.ts': 'e2e/reconciliation.spec.ts',
  'reconciliation/complaint-sweep.ts': 'e2e/reconciliation.spec.ts',
  'reconciliation/deadline-listeners.ts': 'e2e/reconciliation.spec.ts',
  'reconciliation/payload-routes.ts': 'e2e/reconciliation.spec.ts',
  'reconciliation/reconciliation-schedule.ts': 'e2e/reconciliation.spec.ts',
};

describe('Every file of lib with logic', () => {
  it('has a spec of the same name in test/unit, unless it is listed above', async () => {
    const specs = new Set((await findFiles('test/unit', '.spec.ts')).map(nameOf));
    const withLogic = await findFilesWithLogic();
    expect(withLogic.filter((file) => !specs.has(`${nameOf(file).slice(0, -3)}.spec.ts`))).toEqual(
      Object.keys(TESTED_ELSEWHERE).sort(),
    );
  });

  it('is listed with a spec that exists', async () => {
    const specs = new Set(await findFiles('test', '.spec.ts'));
    expect(Object.values(TESTED_ELSEWHERE).filter((spec) => !specs.has(spec))).toEqual([]);
  });
});

async function findFiles(folder: string, ending: string): Promise<string[]> {
  const paths = await readdir(join(ROOT, folder), { recursive: true });
  return paths.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith(ending));
}

/** A file without a function has only types, constants or exports. */
async function findFilesWithLogic(): Promise<string[]> {
  const files = await findFiles('lib', '.ts');
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(ROOT, 'lib', file), 'utf8');
      return hasFunction(ts.createSourceFile(file, text, ts.ScriptTarget.ESNext)) ? [file] : [];
    }),
  );
  return found.flat().sort();
}

function hasFunction(node: ts.Node): boolean {
  if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) return true;
  return ts.forEachChild(node, (child) => hasFunction(child) || undefined) ?? false;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
