import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { COMMANDS } from '../../lib/cli/commands/index.js';
import { commandHelp } from '../../lib/cli/help.js';
import { MERCHANT_OPTIONS } from '../../lib/config/resolve-merchant-options.js';
import { SHARED_OPTIONS } from '../../lib/config/resolve-shared-options.js';
import { readDocument, ROOT } from '../support/documentation.js';

const LANGUAGES = ['docs', 'docs/zh'] as const;
const MAX_README_LINES = 160;

describe.each(LANGUAGES)('The reference in %s', (folder) => {
  it('has every rejection and deferral code, with its status, under a heading of its own', async () => {
    const source = await readDocument('lib/notifications/complaint-notification.exception.ts');
    const codes = Array.from(source.matchAll(/^ {2}([A-Z_]+): \[(\d{3}),/gm));
    expect(codes).not.toHaveLength(0);
    const page = await readDocument(`${folder}/reference/notification-codes.md`);
    for (const [, code = '', status = ''] of codes) {
      expect(page).toMatch(new RegExp(`^### ${code}\n\n${status}\\b`, 'm'));
    }
  });

  it('has every option', async () => {
    const page = await readDocument(`${folder}/reference/options.md`);
    const options = [...Object.keys(MERCHANT_OPTIONS), ...Object.keys(SHARED_OPTIONS)];
    expect(headingsOf(page)).toEqual(expect.arrayContaining(options));
  });

  it('has the help of every command', async () => {
    const path = `${folder}/reference/cli.md`;
    const page = await readDocument(path);
    const current = withHelp(page);
    const isUpdate = process.env.EXAMPLES === 'update';
    if (isUpdate) await writeFile(join(ROOT, path), current);
    expect(isUpdate ? current : page).toBe(current);
    for (const command of COMMANDS) expect(current).toContain(`\n${commandHelp(command)}\n`);
  });

  it('has every environment variable', async () => {
    const page = await readDocument(`${folder}/reference/environment.md`);
    const { environment } = await createTestMerchant();
    const variables = Object.keys(environment).filter((name) => name.startsWith('WECHATPAY_'));
    expect(variables.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('The READMEs', () => {
  it.each(['README.md', 'README.zh-CN.md'])('are short, and say how to start: %s', async (path) => {
    const text = await readDocument(path);
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(MAX_README_LINES);
    expect(text).toContain('npm install && npm start');
    expect(text).toContain('npm install && npm test');
  });

  it('are the same in both languages', async () => {
    const [english, chinese] = await Promise.all(
      ['README.md', 'README.zh-CN.md'].map(async (path) => outlineOf(await readDocument(path))),
    );
    expect(chinese).toEqual(english);
  });
});

/** `npm run docs:examples` writes it. */
function withHelp(page: string): string {
  return COMMANDS.reduce((text, command) => {
    const block = new RegExp(
      `(\\n## ${command.name}\\n(?:(?!\\n## )[^])*?\`\`\`text\\n)[^]*?(?=\`\`\`)`,
    );
    return text.replace(block, (_whole, before: string) => `${before}${commandHelp(command)}\n`);
  }, page);
}

function headingsOf(text: string): string[] {
  return Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading);
}

/** The kinds of its lines: headings, rows of tables, points of lists, fences. */
function outlineOf(text: string): string[] {
  return text.split('\n').map((line) => /^(?:#+|\||-|```)/.exec(line)?.[0] ?? '');
}
