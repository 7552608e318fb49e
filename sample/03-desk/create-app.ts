import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';

/** The app of a module, with the headers and the files that its pages need. */
export async function createApp(
  module: object,
  options: NestApplicationOptions = {},
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    // A signature is over the exact bytes of the body: rawBody keeps them.
    rawBody: true,
    // Streams of events never end by themselves.
    forceCloseConnections: true,
    ...options,
  });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        // Everything that runs or shows is a file of this host; nothing inline, no other site.
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
          // A text can become markup by no mistake, for nothing can.
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ["'none'"],
        },
      },
      // For whatever terminates TLS to say.
      strictTransportSecurity: false,
    }),
  );
  app.useStaticAssets(sourceFolder('public'));
  app.enableShutdownHooks([], { useProcessExit: true });
  return app;
}

/** A folder of this sample as it was written: compilers leave out what is no TypeScript. */
export function sourceFolder(name: string): string {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  return join(root, 'sample/03-desk', name);
}
