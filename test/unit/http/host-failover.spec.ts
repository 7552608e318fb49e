import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HostFailover } from '../../../lib/http/host-failover.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const FIRST = 'https://api.mch.weixin.qq.com';
const SECOND = 'https://api2.mch.weixin.qq.com';
const COOLDOWN = 60_000;

let logger: RecordingLogger;

beforeEach(() => {
  logger = new RecordingLogger();
  Logger.overrideLogger(logger);
});

/** A failover whose clock is set by hand. */
function start(...baseUrls: string[]) {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
  return {
    hosts: new HostFailover(baseUrls, COOLDOWN),
    advance: (milliseconds: number) => clock.mockReturnValue(performance.now() + milliseconds),
  };
}

describe('HostFailover', () => {
  it('chooses the first host as long as it is reachable', () => {
    const { hosts } = start(FIRST, SECOND);

    expect([hosts.choose(), hosts.choose()]).toEqual([FIRST, FIRST]);
    expect(logger.lines).toEqual([]);
  });

  it('skips an unreachable host for the cooldown, and logs where requests go', () => {
    const { hosts, advance } = start(FIRST, SECOND);
    hosts.choose();

    hosts.reportFailure(FIRST, 'ECONNREFUSED');

    expect(hosts.choose()).toBe(SECOND);
    advance(COOLDOWN - 1);
    expect(hosts.choose()).toBe(SECOND);
    expect(logger.ours('warn')).toEqual([
      expect.stringContaining(
        `${FIRST} cannot be reached (ECONNREFUSED). Requests go to ${SECOND} for the next 60000 ms.`,
      ),
    ]);
  });

  it('goes back to the first host after the cooldown, and logs it once', () => {
    const { hosts, advance } = start(FIRST, SECOND);
    hosts.choose();
    hosts.reportFailure(FIRST, 'ECONNREFUSED');
    hosts.choose();
    advance(COOLDOWN);

    expect([hosts.choose(), hosts.choose()]).toEqual([FIRST, FIRST]);
    expect(logger.ours('log')).toEqual([expect.stringContaining(`Requests go to ${FIRST} again.`)]);
  });

  it('alternates between hosts that are all unreachable', () => {
    const { hosts, advance } = start(FIRST, SECOND);
    const chosen = Array.from({ length: 4 }, () => {
      const url = hosts.choose();
      advance(1);
      hosts.reportFailure(url, 'ECONNREFUSED');
      return url;
    });

    expect(chosen).toEqual([FIRST, SECOND, FIRST, SECOND]);
  });

  it('logs nothing when requests go elsewhere already, or have nowhere else to go', () => {
    const { hosts } = start(FIRST, SECOND);
    hosts.reportFailure(FIRST, 'ECONNRESET');
    // An earlier request to the first host that fails late.
    hosts.reportFailure(FIRST, 'ECONNRESET');
    const single = start(FIRST).hosts;
    single.reportFailure(FIRST, 'ECONNRESET');

    expect(single.choose()).toBe(FIRST);
    expect(logger.ours('warn')).toHaveLength(1);
  });
});
