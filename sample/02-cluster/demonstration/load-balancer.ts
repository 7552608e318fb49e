import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Response {
  readonly status: number;
  readonly contentType?: string;
  readonly body?: Buffer;
}

/**
 * One address for several processes, like nginx: they take turns, and one that accepts no connections
 * is skipped. When one breaks a connection off, the request may have been processed, so the response
 * is 502, and WeChat Pay delivers again.
 */
export class LoadBalancer {
  private readonly server: Server;
  private turn = 0;

  private constructor(private readonly ports: readonly number[]) {
    this.server = createServer((incoming, outgoing) => {
      this.forward(incoming).then(
        ({ status, contentType, body }) => {
          outgoing.writeHead(status, contentType ? { 'Content-Type': contentType } : {});
          outgoing.end(body);
        },
        () => outgoing.destroy(),
      );
    });
  }

  static async start(ports: readonly number[]): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(ports);
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async forward(incoming: IncomingMessage): Promise<Response> {
    const body = await buffer(incoming);
    const first = this.turn++ % this.ports.length;
    for (const port of [...this.ports.slice(first), ...this.ports.slice(0, first)]) {
      try {
        return await send(port, incoming, body);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break;
      }
    }
    return { status: 502 };
  }
}

async function send(
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Response> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path: url,
    headers: { ...headers, connection: 'close' },
    agent: false,
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 502,
    contentType: response.headers['content-type'],
    body: await buffer(response),
  };
}
