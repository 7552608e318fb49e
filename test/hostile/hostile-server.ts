import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';

/** A part of a response: bytes to write, or milliseconds to wait. */
export type Piece = Buffer | number;

export interface Script {
  readonly pieces: readonly Piece[];
  /** What happens to the connection after the last piece. */
  readonly end: 'close' | 'reset' | 'stay';
}

/** Writes its script to the socket in response to every request. */
export class HostileServer {
  script: Script = { pieces: [], end: 'close' };
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ noDelay: true }, (socket) => {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // A client may hang up at any time.
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const length = requestLength(received);
      if (length === undefined || received.length < length) return;
      received = received.slice(length);
      void this.respond(socket, this.script);
    });
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private async respond(socket: Socket, { pieces, end }: Script): Promise<void> {
    for (const piece of pieces) {
      if (socket.destroyed) return;
      if (typeof piece === 'number') await delay(piece);
      else socket.write(piece);
    }
    if (end === 'close') socket.end();
    else if (end === 'reset') socket.resetAndDestroy();
  }
}

function requestLength(received: string): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = /^content-length: (\d+)\r$/im.exec(received.slice(0, end + 2))?.[1];
  return end + 4 + Number(length ?? 0);
}
