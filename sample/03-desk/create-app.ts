import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';

/** Creates the app with the security headers and the static files of its pages. */
export async function createApp(
  module: object,
  options: NestApplicationOptions = {},
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    // WeChat Pay signs the exact bytes of the body. rawBody keeps them.
    rawBody: true,
    // Event streams never end by themselves.
    forceCloseConnections: true,
    ...options,
  });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        // Scripts and styles are files of this host; nothing is inline.
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          // The pictures of merchants and of the platform are links to other hosts, whose names
          // WeChat Pay does not document. See picture.view.ts.
          imgSrc: ["'self'", 'https:'],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
          // No script can turn a text into markup, not even by mistake.
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ["'none'"],
        },
      },
      // Set it where TLS ends.
      strictTransportSecurity: false,
      // For browsers that follow the links to those pictures.
      referrerPolicy: { policy: 'no-referrer' },
    }),
  );
  app.useStaticAssets(sourceFolder('public'));
  app.enableShutdownHooks([], { useProcessExit: true });
  return app;
}

/** A folder of this sample in the source tree: the compiler copies TypeScript only. */
export function sourceFolder(name: string): string {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  return join(root, 'sample/03-desk', name);
}
