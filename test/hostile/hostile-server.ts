import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';

/** What is written to a client, piece by piece: bytes, or milliseconds of silence. */
export type Piece = Buffer | number;

export interface Script {
  readonly pieces: readonly Piece[];
  /** What comes after the last piece. */
  readonly end: 'close' | 'reset' | 'stay';
}

/** Reads requests as far as it has to, and answers each with whatever it was told to. */
export class HostileServer {
  /** The answer from now on. */
  script: Script = { pieces: [], end: 'close' };
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ noDelay: true }, (socket) => {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // Clients that have had enough hang up.
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const length = lengthOfRequest(received);
      if (length === undefined || received.length < length) return;
      received = received.slice(length);
      void this.answer(socket, this.script);
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

  private async answer(socket: Socket, { pieces, end }: Script): Promise<void> {
    for (const piece of pieces) {
      if (socket.destroyed) return;
      if (typeof piece === 'number') await delay(piece);
      else socket.write(piece);
    }
    if (end === 'close') socket.end();
    else if (end === 'reset') socket.resetAndDestroy();
  }
}

function lengthOfRequest(received: string): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = /^content-length: (\d+)\r$/im.exec(received.slice(0, end + 2))?.[1];
  return end + 4 + Number(length ?? 0);
}
