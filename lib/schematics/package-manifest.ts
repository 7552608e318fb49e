/** The parts of a package.json that matter here. */
export interface PackageManifest {
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The peers that the app needs with one major version of Nest. Version 12 of Nest's own is ESM only. */
function peersFor(nestMajor: number): Readonly<Record<string, string>> {
  const nest = nestMajor < 12 ? '^4.0.0' : '^12.0.0';
  return { '@nestjs/axios': nest, '@nestjs/config': nest, axios: '^1.16.1' };
}

/** The major version in `^11.0.1`, `11.x` or `11.2.10`. */
export function majorOf(version: string | undefined): number | undefined {
  const major = /\d+/.exec(version ?? '')?.[0];
  return major === undefined ? undefined : Number(major);
}

/** The peers that the app does not have among its dependencies. */
export function missingPeers(
  { dependencies = {} }: PackageManifest,
  nestMajor: number,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(peersFor(nestMajor)).filter(([name]) => dependencies[name] === undefined),
  );
}

/** package.json with further dependencies, sorted as npm sorts them. */
export function withDependencies(text: string, added: Readonly<Record<string, string>>): string {
  const manifest = JSON.parse(text) as PackageManifest;
  const all = Object.entries({ ...manifest.dependencies, ...added });
  const dependencies = Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
  const indentation = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const end = text.endsWith('\n') ? '\n' : '';
  return JSON.stringify({ ...manifest, dependencies }, undefined, indentation) + end;
}
