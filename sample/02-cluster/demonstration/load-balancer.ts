import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body?: Buffer;
}

/**
 * One address for several processes, as nginx would be: they take turns, and one that accepts no
 * connection is passed over. One that breaks off in the middle may have done its work: 502, and
 * WeChat Pay repeats.
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

  private async forward(incoming: IncomingMessage): Promise<Answer> {
    const body = await buffer(incoming);
    const first = this.turn++ % this.ports.length;
    for (const port of [...this.ports.slice(first), ...this.ports.slice(0, first)]) {
      try {
        return await ask(port, incoming, body);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break;
      }
    }
    return { status: 502 };
  }
}

async function ask(
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path: url,
    headers: { ...headers, connection: 'close' },
    agent: false,
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 502,
    contentType: answer.headers['content-type'],
    body: await buffer(answer),
  };
}
