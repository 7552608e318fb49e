import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from '@microsoft/api-extractor';

const ROOT = join(import.meta.dirname, '../..');
const REPORTS = join(ROOT, 'test/package/api');
const SHOULD_UPDATE = process.env.API_REPORTS === 'update';

/**
 * Types that an exported declaration mentions and that no entry point exports, each with the reason.
 * An application cannot name them.
 */
const UNEXPORTED_TYPES: Readonly<Record<string, string>> = {
  AppContext: 'Nest injects it into ComplaintNotificationReceiver.',
  CallbackUrlRegistrar: 'Nest injects it into WechatPayComplaintHealth.',
  ComplaintListenerExplorer: 'Nest injects it into ComplaintDispatcher.',
  ComplaintNotificationProcessor: 'Nest injects it into ComplaintNotificationReceiver.',
  ConfigurableModuleClass: 'Nest creates this base class of WechatPayComplaintModule.',
  Deadline: 'Only this package limits the time of ComplaintNotificationVerifier.verify.',
  DeadlineListeners: 'Nest injects it into ComplaintReconciler.',
  ItemSource: 'Only this package constructs a PagedObservable.',
  MerchantAccess: 'Nest injects it into the services.',
  MerchantRegistry: 'Nest injects it into ComplaintNotificationVerifier.',
  PayloadRoutes: 'Nest injects it into ComplaintReconciler.',
  ProcessNotification: 'Only this package constructs a ReceivedNotification.',
  RawBodyCheck: 'Nest injects it into ComplaintNotificationReceiver.',
  ReconciliationSchedule: 'Nest injects it into WechatPayComplaintModule.',
  SimulatedComplaints: 'Only this package implements SimulatedConsumer.takeStep.',
  WechatPayErrorOptions: 'Only this package constructs its errors.',
};

interface EntryPoint {
  /** The name of its report. */
  readonly name: string;
  /** Its declarations, in the built package. */
  readonly file: string;
}

interface Extraction {
  readonly report: string;
  /** Types that the entry point mentions and does not export. */
  readonly unexported: readonly string[];
  /** Everything else that API Extractor warns about. */
  readonly warnings: readonly string[];
}

describe('The public API', () => {
  const entryPoints = findEntryPoints();
  const extractions = new Map<string, Extraction>();
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'api-reports-'));
    const prepared = entryPoints.map((entryPoint) => ({
      name: entryPoint.name,
      config: createConfig(entryPoint, folder),
    }));
    const [first] = prepared;
    if (!first) throw new Error('package.json has no entry point with declarations.');
    // One compilation serves all entry points.
    const compilerState = CompilerState.create(first.config, {
      additionalEntryPoints: entryPoints.map(({ file }) => file),
    });
    for (const { name, config } of prepared) {
      const messages = extract(config, compilerState);
      const report = await readFile(join(folder, reportFile(name)), 'utf8');
      extractions.set(name, { report, ...messages });
    }
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  it.each(entryPoints)(
    'matches the report of $name (after an intended change: npm run api:update)',
    async ({ name }) => {
      const committed = join(REPORTS, reportFile(name));
      if (SHOULD_UPDATE) await copyFile(join(folder, reportFile(name)), committed);
      expect(extractions.get(name)?.report).toBe(await readFile(committed, 'utf8'));
    },
  );

  it('exports every type that it mentions', () => {
    // The other entry points may mention types of the main one.
    const exported = exportsIn(extractions.get('index')?.report ?? '');
    const unexported = [...extractions.values()]
      .flatMap((extraction) => extraction.unexported)
      .filter((type) => !exported.has(type));
    expect([...new Set(unexported)].sort()).toEqual(Object.keys(UNEXPORTED_TYPES));
  });

  it('raises no other warning of API Extractor', () => {
    expect([...extractions.values()].flatMap(({ warnings }) => warnings)).toEqual([]);
  });
});

/** Every entry point of package.json that has declarations. */
function findEntryPoints(): EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { import: { types: string } }>;
  };
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const name = path === '.' ? 'index' : path.replace('./', '');
    return [{ name, file: join(ROOT, target.import.types) }];
  });
}

function reportFile(name: string): string {
  return `${name}.api.md`;
}

function createConfig({ name, file }: EntryPoint, folder: string): ExtractorConfig {
  const none = { logLevel: ExtractorLogLevel.None };
  const warning = { logLevel: ExtractorLogLevel.Warning };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: file,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { extends: './tsconfig.json', include: [], files: [file] } },
      apiReport: {
        enabled: true,
        reportFolder: folder,
        reportTempFolder: join(folder, 'temp'),
        reportFileName: reportFile(name),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: warning },
        extractorMessageReporting: {
          default: warning,
          // Without this, the message would go to the report and not to the callback.
          'ae-forgotten-export': { ...warning, addToApiReportFile: false },
          // Everything exported is public, and not every name needs an explanation.
          'ae-missing-release-tag': none,
          'ae-undocumented': none,
        },
        tsdocMessageReporting: {
          default: warning,
          // TypeScript's tools read both, TSDoc is stricter.
          'tsdoc-param-tag-missing-hyphen': none,
          'tsdoc-undefined-tag': none,
        },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, 'package.json'),
  });
}

/** Writes the report to the folder of the configuration. */
function extract(
  config: ExtractorConfig,
  compilerState: CompilerState,
): Pick<Extraction, 'unexported' | 'warnings'> {
  const unexported: string[] = [];
  const warnings: string[] = [];
  Extractor.invoke(config, {
    compilerState,
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (message.messageId === 'ae-forgotten-export') {
        unexported.push(/"(.*)"/.exec(message.text)?.[1] ?? message.text);
      } else if (isWarning(message)) {
        const { sourceFilePath = 'package', sourceFileLine = 0, text } = message;
        warnings.push(`${sourceFilePath}:${sourceFileLine} ${text}`);
      }
    },
  });
  return { unexported, warnings };
}

function isWarning({ logLevel, messageId }: ExtractorMessage): boolean {
  // The folder of the report starts empty.
  if (messageId === 'console-api-report-created') return false;
  return logLevel === ExtractorLogLevel.Warning || logLevel === ExtractorLogLevel.Error;
}

function exportsIn(report: string): Set<string> {
  const declarations = report.matchAll(
    /^export (?:abstract )?(?:class|const|enum|function|interface|type) (\w+)/gm,
  );
  return new Set(Array.from(declarations, ([, name = '']) => name));
}
