import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isNativeError } from 'node:util/types';
import getRawBody from 'raw-body';
import { isLoopbackHost } from '../../protocol/callback-url.js';
import { errorMessage } from '../../utils/error-message.js';
import { parseJsonObject } from '../../utils/json.js';
import { PAGE_FOLDER } from '../page-folder.js';
import { PageRequestError, takeAction } from './page-actions.js';
import { pageState } from './page-state.js';
import type { Simulation } from './simulation.js';

/** The files of the page, by path. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** Four pictures of 2 MiB in base64, and some text. */
const MAX_ACTION_BYTES = 12 * 1024 * 1024;

/** The page of the simulator: a person plays the consumer on it, and sees what was delivered. */
export class PageServer {
  private readonly server: Server;

  constructor(private readonly simulation: Simulation) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else this.sendJson(response, 500, { error: errorMessage(error) });
      });
    });
  }

  /** Listens on 127.0.0.1. @param port 0 for a free one @throws Error when the port is in use */
  async start(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** @throws Error when the server does not listen */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The page is not served.');
    return `http://127.0.0.1:${address.port}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/' } = request;
    // A name that somebody has pointed at this machine would make another site of this page.
    if (!isLoopbackHost((request.headers.host ?? '').replace(/:\d+$/, ''))) {
      this.sendJson(response, 403, { error: 'Open the page by its address on 127.0.0.1.' });
      return;
    }
    const file = FILES[url];
    if (file && method === 'GET') await this.sendFile(response, ...file);
    else if (url === '/state' && method === 'GET') {
      this.sendJson(response, 200, pageState(this.simulation));
    } else if (url === '/events' && method === 'GET') this.stream(response);
    else if (url === '/actions' && method === 'POST') await this.act(request, response);
    else this.sendJson(response, 404, { error: 'There is nothing here.' });
  }

  private async sendFile(response: ServerResponse, file: string, type: string): Promise<void> {
    const content = await readFile(new URL(file, PAGE_FOLDER));
    response.writeHead(200, { ...this.headers(), 'Content-Type': type });
    response.end(content);
  }

  /** Says that something has changed. The page reads the state then. */
  private stream(response: ServerResponse): void {
    response.writeHead(200, { ...this.headers(), 'Content-Type': 'text/event-stream' });
    response.write('retry: 1000\n\n');
    const stopListening = this.simulation.onChange(() => response.write('data: changed\n\n'));
    response.on('close', stopListening);
  }

  private async act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Other sites cannot send this type without asking, which nothing here allows.
    if (request.headers['content-type'] !== 'application/json') {
      this.sendJson(response, 415, { error: 'Send application/json.' });
      return;
    }
    try {
      const body = await getRawBody(request, { limit: MAX_ACTION_BYTES });
      const action = parseJsonObject(body);
      if (!action) throw new PageRequestError('The body must be a JSON object.');
      await takeAction(this.simulation, action);
      this.sendJson(response, 200, pageState(this.simulation));
    } catch (error) {
      const isTooLarge = isNativeError(error) && 'status' in error && error.status === 413;
      this.sendJson(response, isTooLarge ? 413 : 400, { error: errorMessage(error) });
    }
  }

  private sendJson(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { ...this.headers(), 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  private headers(): Readonly<Record<string, string>> {
    return {
      'Content-Security-Policy': [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        // Pictures of the merchant come from the simulator.
        `img-src 'self' ${this.simulation.simulator.url}`,
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    };
  }
}
