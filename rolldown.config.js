import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/**
 * Bundles what `nest build` has compiled, once as ESM and once as CommonJS. Node takes more than
 * twice as long to load the files of lib one by one, which a serverless function pays at each start.
 */
const COMPILED = 'build/lib';
const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The entry points of package.json, such as `config/wechatpay-complaint.config`. */
const input = Object.fromEntries(
  Object.values(manifest.exports)
    .filter((conditions) => typeof conditions === 'object')
    .map(({ import: { default: file } }) => file.replace(/^\.\/dist\/esm\/(.+)\.js$/, '$1'))
    .map((entry) => [entry, `${COMPILED}/${entry}.js`]),
);

/** What `nest add` loads, which is CommonJS only: nobody imports it. */
const SCHEMATICS = 'schematics';
const nestAdd = { [`${SCHEMATICS}/nest-add`]: `${COMPILED}/${SCHEMATICS}/nest-add.js` };
const copySchematics = {
  name: 'copy-schematics',
  writeBundle({ dir }) {
    for (const file of ['collection.json', 'schema.json']) {
      cpSync(`lib/${SCHEMATICS}/${file}`, `${dir}/${SCHEMATICS}/${file}`);
    }
  },
};

/** The program of package.json, which is ESM only: nothing requires it. */
const program = Object.fromEntries(
  Object.values(manifest.bin)
    .map((file) => file.replace(/^\.\/dist\/esm\/(.+)\.js$/, '$1'))
    .map((entry) => [entry, `${COMPILED}/${entry}.js`]),
);
const PROGRAM_FOLDER = 'cli';

/** Declarations stay as they are, a file for each file of lib. Nothing imports those two. */
const copyDeclarations = {
  name: 'copy-declarations',
  writeBundle({ dir }) {
    const filter = (path) =>
      !path.endsWith('.js') &&
      ![PROGRAM_FOLDER, SCHEMATICS].some((folder) => path.startsWith(join(COMPILED, folder)));
    cpSync(COMPILED, dir, { recursive: true, filter });
  },
};

const moduleKind = (type) => ({
  name: 'module-kind',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'package.json', source: JSON.stringify({ type }) });
  },
});

/** The page of the simulator, which a browser loads. */
const copyPage = {
  name: 'copy-page',
  writeBundle({ dir }) {
    const page = `${PROGRAM_FOLDER}/simulation/page`;
    const filter = (path) => !path.endsWith('.json');
    cpSync(`lib/${page}`, `${dir}/${page}`, { recursive: true, filter });
  },
};

const build = (format, input, plugins) => ({
  input,
  // Other packages stay outside.
  external: /^[^./]/,
  platform: 'node',
  plugins: [copyDeclarations, ...plugins],
  output: {
    dir: `dist/${format}`,
    format,
    cleanDir: true,
    // jest runs CommonJS in a context where import() is not allowed.
    dynamicImportInCjs: false,
    entryFileNames: '[name].js',
    // Without a hash, so that the contents of the package can be compared from build to build.
    chunkFileNames: 'shared/[name].js',
  },
});

export default defineConfig([
  build('esm', { ...input, ...program }, [copyPage]),
  build('cjs', { ...input, ...nestAdd }, [moduleKind('commonjs'), copySchematics]),
]);
