/**
 * Imports run one way: a folder of lib may import from the folders before it in this list only. The
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
  'testing',
];
const ANY_FOLDER_MAY_IMPORT = 'wechatpay-complaint\\.constants|version';

const importOrder = FOLDERS.map((folder, index) => ({
  name: `${folder}-imports-one-way`,
  severity: 'error',
  comment: `lib/${folder} imports from itself and from: ${FOLDERS.slice(0, index).join(', ') || 'nothing else'}.`,
  from: { path: `^lib/${folder}/` },
  to: {
    path: '^lib/',
    pathNot: [
      `^lib/(${FOLDERS.slice(0, index + 1).join('|')})/`,
      `^lib/(${ANY_FOLDER_MAY_IMPORT})\\.ts$`,
    ],
  },
}));

/** Each integration is loaded by its own entry point only. */
const INTEGRATIONS = {
  '@nestjs/config': '^lib/config/wechatpay-complaint\\.config\\.ts$',
  '@peculiar/x509': '^lib/testing/',
  ioredis: '^lib/stores/redis',
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...importOrder,
    {
      name: 'folder-is-in-the-list',
      severity: 'error',
      comment: 'A new folder of lib needs a place in the list of .dependency-cruiser.js.',
      from: { path: '^lib/[^/]+/', pathNot: `^lib/(${FOLDERS.join('|')})/` },
      to: {},
    },
    {
      name: 'constants-and-version-import-nothing',
      severity: 'error',
      from: { path: `^lib/(${ANY_FOLDER_MAY_IMPORT})\\.ts$` },
      to: { path: '^lib/' },
    },
    {
      name: 'protocol-is-pure',
      severity: 'error',
      comment: 'utils, errors and protocol use Node alone: no Nest, no RxJS, no I/O.',
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
      name: 'only-testing-imports-testing',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/testing/' },
      to: { path: '^lib/testing/' },
    },
    ...Object.entries(INTEGRATIONS).map(([name, owner]) => ({
      name: `${name}-stays-behind-its-entry-point`,
      severity: 'error',
      from: { path: '^lib/', pathNot: owner },
      to: { path: `(^|/)node_modules/${name}/` },
    })),
    { name: 'no-cycle', severity: 'error', from: { path: '^lib/' }, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      comment: 'Nothing imports this file.',
      from: { path: '^lib/', orphan: true, pathNot: '^lib/(version|index)\\.ts$' },
      to: {},
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
