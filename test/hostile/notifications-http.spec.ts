import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { closeApps } from '../support/start-app.js';
import {
  asReceived,
  type Delivery,
  GenuineNotifications,
  isHttp,
  isIntact,
  toFields,
} from './delivery.js';
import { expectForAll, PROPERTY_TIMEOUT } from './for-all.js';
import { mutate, mutations } from './mutations.js';
import { recordNotificationEvents } from './notification-events.js';
import { contentLength, post, RawConnection, type RawResponse } from './raw-connection.js';
import {
  assertDiscreet,
  breaksLine,
  CONTENT_CODES,
  isRejection,
  SIGNATURE_CODES,
} from './rejections.js';
import { serve, type ServedApp, SERVERS } from './served-app.js';
import { readAcceptable, signedBodies } from './signed-content.js';

let merchant: TestMerchant;
let otherKeys: TestPlatformKey[];

beforeAll(async () => {
  merchant = await createTestMerchant();
  otherKeys = [await createTestPublicKey(), await createTestCertificate()];
});

describe.each(SERVERS)('Over HTTP, on $name', (server) => {
  let app: ServedApp;
  const events = recordNotificationEvents();

  beforeAll(async () => {
    app = await serve(server, merchant.options);
  });
  afterAll(closeApps);

  /** False when the server itself has a reason to reject the request before the guard sees it. */
  function reachesGuard({ headers, body }: Delivery): boolean {
    if (!isHttp({ headers, body })) return false;
    if (toFields({ headers, body })['content-type'] !== 'application/json') return false;
    return server.nest.rawBody !== true || isReadByParsers(body);
  }

  /**
   * 'accepted', the code of the rejection, or 'rejected by the server'.
   *
   * @throws Error on any other outcome, and when the response or the log says too much
   */
  async function outcomeOf(delivery: Delivery): Promise<string> {
    const handledBefore = app.received.length;
    events.length = 0;
    app.logger.lines.length = 0;
    const lines = ['Connection: close', contentLength(delivery)];
    const response = await RawConnection.exchange(app.url, post(delivery, { lines }));
    const handled = app.received.length - handledBefore;
    const logged = app.logger.lines.map(({ text }) => text);
    assertDiscreet([...logged, response?.body].join(''), merchant, delivery);
    if (app.logger.lines.some(({ level }) => level === 'error')) throw new Error(inspect(logged));
    if (logged.some(breaksLine)) throw new Error(`A log line is broken: ${inspect(logged)}`);
    const outcomes = events.map(({ outcome }) => outcome);
    if (response?.status === 204 && response.body === '' && handled === 1) {
      if (outcomes.join() === 'handled') return 'accepted';
      throw new Error(`Diagnostics say ${inspect(events)}`);
    }
    if (handled > 0) throw new Error(`It was handled, and the response was ${inspect(response)}`);
    if (outcomes.join() === 'rejected' && isRejectionByGuard(response)) {
      return events[0]?.code ?? 'without a code';
    }
    if (outcomes.length === 0 && !reachesGuard(delivery) && isRejectionByServer(response)) {
      return 'rejected by the server';
    }
    // A line feed that came in may end the headers early: the guard rejects what stands before it, and
    // the server, which may respond first, what follows.
    if (outcomes.join() === 'rejected' && isRejectionByServer(response)) {
      return 'rejected by the server';
    }
    throw new Error(
      `The response was ${inspect(response)}, and diagnostics say ${inspect(events)}`,
    );
  }

  it(
    'rejects a notification that is changed on its way',
    async () => {
      const genuine = new GenuineNotifications(merchant);
      await expectForAll({
        name: `over HTTP, changed on their way, ${server.name}`,
        cases: 600,
        arbitrary: fc.tuple(fc.nat(7), mutations(otherKeys)),
        outcomes: [
          ...SIGNATURE_CODES,
          'UNSUPPORTED_CONTENT_TYPE',
          'accepted',
          'rejected by the server',
        ],
        check: async ([index, changes]) => {
          const original = genuine.at(index);
          const delivery = mutate(original, changes);
          const outcome = await outcomeOf(delivery);
          const isGenuine = isIntact(asReceived(delivery), original);
          if (outcome === 'accepted') {
            const { id, complaint } = app.received.pop() ?? {};
            const isSame = id === original.id && JSON.stringify(complaint) === original.plaintext;
            if (!isGenuine || !isSame) throw new Error('A changed notification was accepted');
          } else if (isGenuine && reachesGuard(delivery)) {
            throw new Error(`An intact notification was rejected: ${outcome}`);
          }
          return outcome;
        },
      });
    },
    PROPERTY_TIMEOUT,
  );

  it(
    'handles what WeChat Pay signs as it was encrypted, or rejects it',
    async () => {
      await expectForAll({
        name: `over HTTP, signed by WeChat Pay, ${server.name}`,
        cases: 500,
        arbitrary: signedBodies(merchant.apiV3Key),
        outcomes: [...CONTENT_CODES, 'accepted'],
        check: async (body) => {
          const headers = Object.entries(signNotificationBody(merchant, body));
          const outcome = await outcomeOf({ headers, body });
          const acceptable = readAcceptable(body, merchant.apiV3Key);
          if (outcome === 'accepted') {
            const { complaint } = app.received.pop() ?? {};
            if (JSON.stringify(complaint) !== JSON.stringify(acceptable?.complaint)) {
              throw new Error(
                `The body has to be rejected, and was accepted: ${inspect(complaint)}`,
              );
            }
          } else if (acceptable && reachesGuard({ headers, body })) {
            throw new Error(`The body has to be accepted, and was rejected: ${outcome}`);
          }
          return outcome;
        },
      });
    },
    PROPERTY_TIMEOUT,
  );

  it('still accepts a genuine notification', async () => {
    const genuine = new GenuineNotifications(merchant).at(0);
    expect(await outcomeOf(genuine)).toBe('accepted');
  });
});

/** Whether the body parsers of both Express and Fastify accept a body as JSON. */
function isReadByParsers(body: Buffer): boolean {
  // Express accepts objects and arrays only. Fastify rejects two names that can pollute prototypes.
  if (!/^[\x20\t\r\n]*[[{]/.test(body.toString('latin1'))) return false;
  if (/"__proto__"|"constructor"/.test(body.toString())) return false;
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

function isRejectionByGuard(response: RawResponse | undefined): boolean {
  if (!response) return false;
  try {
    return isRejection(response.status, JSON.parse(response.body));
  } catch {
    return false;
  }
}

/** A server that resets the connection after its response may leave nothing of it. */
function isRejectionByServer(response: RawResponse | undefined): boolean {
  return response === undefined || (response.status >= 400 && response.status < 500);
}
