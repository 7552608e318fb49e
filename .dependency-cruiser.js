import { readFileSync } from 'node:fs';

/**
 * Imports run one way: a folder of lib may import only from the folders before it in this list. The
 * files at the root of lib come last, except for those that any folder may import.
 */
const FOLDERS = [
  'utils',
  'errors',
  'protocol',
  'diagnostics',
  'stores',
  'config',
  'keys',
  'http',
  'merchant',
  'callback-url',
  'complaints',
  'notifications',
  'listeners',
  'reconciliation',
  'health',
  'opentelemetry',
  'terminus',
  'schematics',
  'testing',
  'cli',
];
const ANY_FOLDER_MAY_IMPORT = 'wechatpay-complaint\\.constants|version';
/** The command line starts the module, as an app does. */
const PROGRAM = 'cli';

const importOrder = FOLDERS.map((folder, index) => ({
  name: `${folder}-imports-one-way`,
  severity: 'error',
  comment: `lib/${folder} imports from itself and from: ${FOLDERS.slice(0, index).join(', ') || 'nothing else'}.`,
  from: { path: `^lib/${folder}/` },
  to: {
    path: '^lib/',
    pathNot: [
      `^lib/(${FOLDERS.slice(0, index + 1).join('|')})/`,
      folder === PROGRAM ? '^lib/[^/]+$' : `^lib/(${ANY_FOLDER_MAY_IMPORT})\\.ts$`,
    ],
  },
}));

/** Each optional peer, with the files that may import it: an app without the peer never loads them. */
const OPTIONAL_PEERS = {
  '@nestjs/config': '^lib/config/wechatpay-complaint\\.config\\.ts$',
  '@nestjs/terminus': '^lib/terminus/',
  '@opentelemetry/api': '^lib/opentelemetry/',
  '@peculiar/x509': '^lib/testing/',
  ioredis: '^lib/stores/redis',
};

const { peerDependenciesMeta } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
);
for (const name of Object.keys(peerDependenciesMeta)) {
  if (!(name in OPTIONAL_PEERS)) throw new Error(`Add ${name} to OPTIONAL_PEERS.`);
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...importOrder,
    {
      name: 'constants-and-version-import-nothing',
      severity: 'error',
      from: { path: `^lib/(${ANY_FOLDER_MAY_IMPORT})\\.ts$` },
      to: { path: '^lib/' },
    },
    {
      name: 'protocol-is-pure',
      severity: 'error',
      comment: 'utils, errors and protocol use nothing but Node: no Nest, no RxJS, no I/O.',
      from: { path: '^lib/(utils|errors|protocol)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'protocol-does-no-io',
      severity: 'error',
      from: { path: '^lib/(utils|errors|protocol)/' },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|https?|tls|child_process|dns)' },
    },
    {
      name: 'only-testing-and-cli-import-testing',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(testing|cli)/' },
      to: { path: '^lib/testing/' },
    },
    {
      name: 'nothing-imports-the-program',
      severity: 'error',
      from: { path: '^lib/', pathNot: `^lib/${PROGRAM}/` },
      to: { path: `^lib/${PROGRAM}/` },
    },
    ...Object.entries(OPTIONAL_PEERS).map(([name, owner]) => ({
      name: `${name}-stays-behind-its-entry-point`,
      severity: 'error',
      from: { path: '^lib/', pathNot: owner },
      to: { path: `(^|/)node_modules/${name}/` },
    })),
    { name: 'no-cycle', severity: 'error', from: { path: '^lib/' }, to: { circular: true } },
    {
      name: 'only-declared-packages',
      severity: 'error',
      comment:
        'The package may use its dependencies and peers; a devDependency is not installed with it.',
      from: { path: '^lib/', pathNot: '^lib/schematics/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer'],
      },
    },
    {
      name: 'schematics-use-the-typescript-of-the-app',
      severity: 'error',
      comment:
        'They run without this package having any dependency for them, so they import types only.',
      from: { path: '^lib/schematics/' },
      to: { pathNot: '^lib/schematics/', dependencyTypesNot: ['core', 'type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'module-sync', 'default', 'types'] },
  },
};
