import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections at once, and those of them on which nobody has logged in; our own choices. */
export const CONNECTIONS_MOST = 512;
export const STRANGERS_MOST = 256;

/**
 * Who has a connection to the server. Beyond a number of strangers the oldest of them gives way, so that
 * connections which send nothing, or slowly, keep neither those who are logged in nor newcomers out: an
 * honest newcomer needs its place for a moment only.
 */
export class ConnectionPlaces {
  /** In the order of their coming. */
  readonly #strangers = new Set<Socket>();

  constructor(server: Server, event: 'connection' | 'secureConnection') {
    server.maxConnections = CONNECTIONS_MOST;
    server.on(event, (socket: Socket) => {
      this.#strangers.add(socket);
      socket.on('close', () => this.#strangers.delete(socket));
      const [oldest] = this.#strangers;
      if (this.#strangers.size > STRANGERS_MOST) oldest?.destroy();
    });
  }

  /** Somebody who is logged in uses this connection: it has a place of its own. */
  keep(socket: Socket): void {
    this.#strangers.delete(socket);
  }
}
