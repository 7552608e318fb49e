import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A subscription to a diagnostics channel that can be switched on and off. Both work twice in a row. */
export class Subscription<T> {
  private isOn = false;

  /** @param listener of a channel on which only this package publishes, and only this type */
  constructor(
    private readonly channel: string,
    private readonly listener: (message: T) => void,
  ) {}

  switchOn(): void {
    if (!this.isOn) subscribe(this.channel, this.receive);
    this.isOn = true;
  }

  switchOff(): void {
    unsubscribe(this.channel, this.receive);
    this.isOn = false;
  }

  private readonly receive = (message: unknown): void => {
    this.listener(message as T);
  };
}
