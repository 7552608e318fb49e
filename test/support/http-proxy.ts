import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

interface ProxiedRequest {
  readonly method: string;
  /** `host:port` of a CONNECT, the whole URL of any other request. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpProxy {
  readonly url: string;
  /** Everything that the proxy could read, oldest first. */
  readonly requests: readonly ProxiedRequest[];
  readonly stop: () => Promise<void>;
}

/**
 * Starts an HTTP proxy on loopback. Every tunnel leads to the same port of loopback, so that clients
 * can use host names that do not exist. Requests that are not CONNECT get a 502.
 */
export async function startProxy(tunnelTo: number): Promise<HttpProxy> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const record = ({ method = '', url: target = '', headers }: IncomingMessage): void => {
    requests.push({ method, target, headers });
  };
  const server = createServer((request, response) => {
    record(request);
    response.writeHead(502).end();
  });
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    record(request);
    const origin = connect(tunnelTo, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(origin).pipe(client);
    });
    for (const socket of [client, origin]) {
      sockets.add(socket);
      socket.on('error', () => {
        client.destroy();
        origin.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
