import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Files of lib that have no spec of their own, each with the spec that tests it: errors that do nothing
 * but hold their arguments, and what only an app or a process of its own can run.
 */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'cli/app-module.ts': 'e2e/cli-sweep.spec.ts',
  'cli/commands/complaints-complete.ts': 'e2e/cli.spec.ts',
  'cli/commands/complaints-history.ts': 'e2e/cli.spec.ts',
  'cli/commands/complaints-list.ts': 'e2e/cli.spec.ts',
  'cli/commands/complaints-reply.ts': 'e2e/cli.spec.ts',
  'cli/commands/complaints-show.ts': 'e2e/cli.spec.ts',
  'cli/commands/complaints-sweep.ts': 'e2e/cli-sweep.spec.ts',
  'cli/commands/url-delete.ts': 'e2e/cli.spec.ts',
  'cli/commands/url-get.ts': 'e2e/cli.spec.ts',
  'cli/commands/url-set.ts': 'e2e/cli.spec.ts',
  'cli/commands/doctor.ts': 'e2e/cli-doctor.spec.ts',
  'cli/commands/simulate.ts': 'e2e/cli-simulate.spec.ts',
  'cli/commands/trigger.ts': 'e2e/cli-notifications.spec.ts',
  'cli/commands/verify.ts': 'e2e/cli-notifications.spec.ts',
  'cli/confirmation.ts': 'unit/cli/terminal.spec.ts',
  'cli/doctor/options.check.ts': 'e2e/cli-doctor.spec.ts',
  'cli/doctor/platform-keys.check.ts': 'e2e/cli-doctor.spec.ts',
  'cli/doctor/registration.check.ts': 'e2e/cli-doctor.spec.ts',
  'cli/doctor/store.check.ts': 'e2e/cli-doctor.spec.ts',
  'cli/files.ts': 'e2e/cli.spec.ts',
  'cli/help.ts': 'unit/cli/program.spec.ts',
  'cli/main.ts': 'e2e/cli.spec.ts',
  'cli/registration.ts': 'e2e/cli.spec.ts',
  'cli/simulation/page-actions.ts': 'unit/cli/simulation/page-server.spec.ts',
  'cli/simulation/page-state.ts': 'unit/cli/simulation/page-server.spec.ts',
  'cli/simulation/simulation.ts': 'unit/cli/simulation/page-server.spec.ts',
  'cli/wechatpay.ts': 'e2e/cli.spec.ts',
  'errors/notification-store.error.ts': 'unit/stores/redis-outage.spec.ts',
  'errors/wechatpay-argument.error.ts': 'unit/complaints/complaint-request-checks.spec.ts',
  'errors/wechatpay-decryption.error.ts': 'unit/complaints/complaint.service.spec.ts',
  'errors/wechatpay-merchant.error.ts': 'unit/merchant/merchant-lookup.spec.ts',
  'errors/wechatpay-network.error.ts': 'unit/http/network-failure.spec.ts',
  'errors/wechatpay-platform-key.error.ts': 'unit/keys/certificate-mode.spec.ts',
  'listeners/complaint-route.controller.ts': 'e2e/listeners.spec.ts',
  'protocol/key-material-error.ts': 'unit/protocol/rsa-key.spec.ts',
  'protocol/signature-rejection.ts': 'unit/protocol/signature-verification.spec.ts',
  'listeners/transaction.check.ts': 'e2e/in-transaction.spec.ts',
  'stores/sql/dialects/mysql.ts': 'unit/stores/sql/sql-notification-store.spec.ts',
  'stores/sql/dialects/postgres.ts': 'unit/stores/sql/sql-notification-store.spec.ts',
  'testing/accept-notification.ts': 'e2e/override-guard.spec.ts',
  'wechatpay-complaint.module.ts': 'e2e/module.spec.ts',
  'wechatpay-complaint.scope-check.ts': 'e2e/module.spec.ts',
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
