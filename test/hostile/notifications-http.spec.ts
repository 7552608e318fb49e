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
import { expectForAll, PATIENCE } from './for-all.js';
import { mutate, mutations } from './mutations.js';
import { lengthOf, post, type RawAnswer, RawConnection } from './raw-connection.js';
import {
  assertDiscreet,
  breaksLine,
  CONTENT_CODES,
  isRefusal,
  SIGNATURE_CODES,
} from './refusals.js';
import { serve, type ServedApp, SERVERS } from './served-app.js';
import { readLegal, signedBodies } from './signed-content.js';

let merchant: TestMerchant;
let others: TestPlatformKey[];

beforeAll(async () => {
  merchant = await createTestMerchant();
  others = [await createTestPublicKey(), await createTestCertificate()];
});

describe.each(SERVERS)('Over HTTP, on $name', (server) => {
  let app: ServedApp;

  beforeAll(async () => {
    app = await serve(server, merchant.options);
  });
  afterAll(closeApps);

  /** Whether the server itself, before this package, has a reason to refuse. */
  function isForTheGuard({ headers, body }: Delivery): boolean {
    if (!isHttp({ headers, body })) return false;
    if (toFields({ headers, body })['content-type'] !== 'application/json') return false;
    return server.nest.rawBody !== true || isReadByParsers(body);
  }

  /** Accepted, the code of the refusal, or that the server itself refused. @throws Error otherwise */
  async function outcomeOf(delivery: Delivery): Promise<string> {
    const before = { received: app.received.length, lines: app.logger.lines.length };
    const lines = ['Connection: close', lengthOf(delivery)];
    const answer = await RawConnection.exchange(app.url, post(delivery, { lines }));
    const handled = app.received.length - before.received;
    const logged = app.logger.lines.slice(before.lines);
    const log = logged.map(({ text }) => text).join('\n');
    assertDiscreet(`${log}${answer?.body ?? ''}`, merchant, delivery);
    if (logged.some(({ level }) => level === 'error')) throw new Error(log);
    if (logged.length > 1 || breaksLine(log)) throw new Error(`More than a line: ${inspect(log)}`);
    app.logger.lines.length = 0;
    if (answer?.status === 204 && answer.body === '' && handled === 1) return 'accepted';
    if (handled > 0) throw new Error(`It was handled, and answered with ${inspect(answer)}`);
    const code = /^Notification refused \((\w+)\)/.exec(log)?.[1];
    if (code !== undefined && isOurs(answer)) return code;
    if (!isForTheGuard(delivery) && isTheServers(answer)) return 'not for the guard';
    throw new Error(`It was answered with ${inspect(answer)}`);
  }

  it(
    'a notification changed on its way is refused',
    async () => {
      const genuine = new GenuineNotifications(merchant);
      await expectForAll({
        name: `over HTTP, changed on their way, ${server.name}`,
        cases: 600,
        arbitrary: fc.tuple(fc.nat(7), mutations(others)),
        outcomes: [...SIGNATURE_CODES, 'UNSUPPORTED_CONTENT_TYPE', 'accepted', 'not for the guard'],
        check: async ([index, changes]) => {
          const original = genuine.at(index);
          const delivery = mutate(original, changes);
          const outcome = await outcomeOf(delivery);
          const isGenuine = isIntact(asReceived(delivery), original);
          if (outcome === 'accepted') {
            const { id, complaint } = app.received.pop() ?? {};
            const isSame = id === original.id && JSON.stringify(complaint) === original.plaintext;
            if (!isGenuine || !isSame) throw new Error('It was accepted');
          } else if (isGenuine && isForTheGuard(delivery)) throw new Error('It was refused');
          return outcome;
        },
      });
    },
    PATIENCE,
  );

  it(
    'what the platform signs is handled as it was encrypted, or refused',
    async () => {
      await expectForAll({
        name: `over HTTP, signed by the platform, ${server.name}`,
        cases: 500,
        arbitrary: signedBodies(merchant.apiV3Key),
        outcomes: [...CONTENT_CODES, 'accepted'],
        check: async (body) => {
          const headers = Object.entries(signNotificationBody(merchant, body));
          const outcome = await outcomeOf({ headers, body });
          const legal = readLegal(body, merchant.apiV3Key);
          if (outcome === 'accepted') {
            const { complaint } = app.received.pop() ?? {};
            if (!legal || JSON.stringify(complaint) !== JSON.stringify(legal.complaint)) {
              throw new Error(`It was accepted: ${inspect(complaint)}`);
            }
          } else if (legal && isForTheGuard({ headers, body })) throw new Error('It was refused');
          return outcome;
        },
      });
    },
    PATIENCE,
  );

  it('goes on as if nothing had been', async () => {
    const genuine = new GenuineNotifications(merchant).at(0);
    expect(await outcomeOf(genuine)).toBe('accepted');
  });
});

/** What the parsers of Express and Fastify both take for JSON. */
function isReadByParsers(body: Buffer): boolean {
  // Express takes objects and arrays only, Fastify refuses two names that can do harm.
  if (!/^[\x20\t\r\n]*[[{]/.test(body.toString('latin1'))) return false;
  if (/"__proto__"|"constructor"/.test(body.toString())) return false;
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

function isOurs(answer: RawAnswer | undefined): boolean {
  if (!answer) return false;
  try {
    return isRefusal(answer.status, JSON.parse(answer.body));
  } catch {
    return false;
  }
}

/** Nothing at all is what remains of an answer when the server resets the connection behind it. */
function isTheServers(answer: RawAnswer | undefined): boolean {
  return answer === undefined || (answer.status >= 400 && answer.status < 500);
}
