import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../support/until.js';
import type { Delivery } from './delivery.js';

export interface RawAnswer {
  readonly status: number;
  /** Field lines, as sent. */
  readonly head: string;
  readonly body: string;
}

/** The bytes of a POST, whatever HTTP says of them. */
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

/** The lines that say how long a body is. */
export function lengthOf({ body }: Delivery): string {
  return `Content-Length: ${body.length}`;
}

/** A connection on which anything can be written, and everything is read. */
export class RawConnection {
  private received = '';
  private isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    // A server that has said its word may reset the connection.
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

  /** One request on a connection of its own, with `Connection: close` among its lines. */
  static async exchange(url: string, request: Uint8Array): Promise<RawAnswer | undefined> {
    const connection = await RawConnection.open(url);
    connection.write(request);
    await connection.closed();
    return connection.answers[0];
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Without a word. */
  hangUp(): void {
    this.socket.destroy();
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }

  /** The answers so far, those of the 1xx kind too. */
  get answers(): readonly RawAnswer[] {
    const answers: RawAnswer[] = [];
    let rest = this.received;
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(rest)?.[1]);
      if (end < 0 || Number.isNaN(status)) return answers;
      const head = rest.slice(rest.indexOf('\r\n') + 2, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      const start = end + 4;
      if (rest.length < start + length) return answers;
      answers.push({ status, head, body: rest.slice(start, start + length) });
      rest = rest.slice(start + length);
    }
  }

  /** The statuses of the first answers, once there are so many. */
  async statuses(count: number): Promise<readonly number[]> {
    await until(() => this.answers.length >= count || this.isClosed);
    return this.answers.map(({ status }) => status);
  }
}
