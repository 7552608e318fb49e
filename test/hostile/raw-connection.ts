import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../support/until.js';
import type { Delivery } from './delivery.js';

export interface RawResponse {
  readonly status: number;
  /** The header lines, as sent. */
  readonly head: string;
  readonly body: string;
}

/** The bytes of a POST request, whether or not they are legal HTTP. */
export function post(
  { headers, body }: Delivery,
  { target = '/complaints', version = 'HTTP/1.1', lines = [] as readonly string[] } = {},
): Buffer {
  return Buffer.concat([
    Buffer.from(
      [
        `POST ${target} ${version}`,
        'Host: shop.example',
        ...lines,
        ...headers.map(([name, value]) => `${name}: ${String(value)}`),
        '\r\n',
      ].join('\r\n'),
    ),
    body,
  ]);
}

/** The header line with the length of the body. */
export function contentLength({ body }: Delivery): string {
  return `Content-Length: ${body.length}`;
}

/** A TCP connection to an HTTP server, for requests that an HTTP client would not send. */
export class RawConnection {
  private received = '';
  private isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    // A server may reset the connection after its response.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(url: string): Promise<RawConnection> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends a request, which must have `Connection: close`, and waits until the server closes. */
  static async exchange(url: string, request: Uint8Array): Promise<RawResponse | undefined> {
    const connection = await RawConnection.open(url);
    connection.write(request);
    await connection.closed();
    return connection.responses[0];
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  hangUp(): void {
    this.socket.destroy();
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }

  /** The complete responses so far, interim (1xx) ones included. */
  get responses(): readonly RawResponse[] {
    const responses: RawResponse[] = [];
    let rest = this.received;
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(rest)?.[1]);
      if (end < 0 || Number.isNaN(status)) return responses;
      const head = rest.slice(rest.indexOf('\r\n') + 2, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      const start = end + 4;
      if (rest.length < start + length) return responses;
      responses.push({ status, head, body: rest.slice(start, start + length) });
      rest = rest.slice(start + length);
    }
  }

  /** The statuses of all responses, once there are this many or the connection is closed. */
  async statuses(count: number): Promise<readonly number[]> {
    await until(() => this.responses.length >= count || this.isClosed);
    return this.responses.map(({ status }) => status);
  }
}
