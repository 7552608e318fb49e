import { createPublicKey, verify } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  createTestPublicKey,
  type NotificationKind,
  type NotifyOptions,
  REDELIVERY_SCHEDULE,
  type TestMerchant,
  type WechatPaySimulatorOptions,
} from 'nestjs-wechatpay-complaint/testing';
import {
  closeAll,
  closedPort,
  startServer,
  startSimulator,
} from '../../../support/client-bench.js';
import { type ReceivedPost, startReceiver } from '../../../support/client-http.js';
import { deferred } from '../../../support/deferred.js';
import { closeApps, startApp } from '../../../support/start-app.js';
import { until } from '../../../support/until.js';

const PATH = '/wechatpay/complaints';
/** Longer than any test may run, so that something else has to end the wait. */
const NEVER = 600_000;

describe('WechatPaySimulator#notify', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function start(
    statuses: (number | 'hang')[],
    options: Omit<WechatPaySimulatorOptions, 'merchants'> = {},
  ) {
    const receiver = await startReceiver(...statuses);
    const simulator = await startSimulator(merchant, options);
    simulator.setRegisteredUrl(merchant, `${receiver.url}${PATH}`);
    const notify = (content?: NotifyOptions) => simulator.notify(merchant, content);
    return { ...receiver, simulator, notify };
  }

  function onlyOf([post, ...others]: ReceivedPost[]): ReceivedPost {
    if (!post || others.length > 0) throw new Error('There is not exactly one post.');
    return post;
  }

  const header = ({ headers }: ReceivedPost, name: string): string =>
    headers[`wechatpay-${name}`]?.toString() ?? '';

  function isGenuine(post: ReceivedPost): boolean {
    const message = `${header(post, 'timestamp')}\n${header(post, 'nonce')}\n${post.body}\n`;
    return verify(
      'RSA-SHA256',
      Buffer.from(message),
      createPublicKey(merchant.publicKey.pem),
      Buffer.from(header(post, 'signature'), 'base64'),
    );
  }

  it('posts a genuine notification to the registered URL', async () => {
    const { notify, posts } = await start([204]);

    const delivery = await notify({ id: 'EV-1' });

    expect(delivery).toEqual({ id: 'EV-1', attempts: [{ status: 204, body: '' }], accepted: true });
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({
      method: 'POST',
      path: PATH,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(posts[0]?.body ?? '')),
        'user-agent': 'Mozilla/4.0',
      },
    });
    expect(posts.map(isGenuine)).toEqual([true]);
    expect(JSON.parse(posts[0]?.body ?? '')).toMatchObject({ id: 'EV-1' });
  });

  it('returns the id that it has generated', async () => {
    const { notify, posts } = await start([200]);

    const { id } = await notify();

    expect(id).toMatch(/^EV-\w+$/);
    expect(JSON.parse(posts[0]?.body ?? '')).toMatchObject({ id });
  });

  it('posts a notification without the fields that are null', async () => {
    const { notify, posts } = await start([204]);

    await notify({ summary: null, original_type: null, create_time: null, resource_type: null });

    const envelope = JSON.parse(onlyOf(posts).body) as { resource: object };
    expect(Object.keys(envelope)).toEqual(['id', 'event_type', 'resource']);
    expect(envelope.resource).not.toHaveProperty('original_type');
    expect(posts.map(isGenuine)).toEqual([true]);
  });

  it.each([
    [200, true],
    [204, true],
    [201, false],
    [202, false],
    [302, false],
    [401, false],
    [500, false],
  ])('treats the status %i as accepted: %s', async (status, accepted) => {
    const { notify, posts } = await start([status]);

    const delivery = await notify();

    expect(delivery).toMatchObject({ accepted, attempts: [{ status }] });
    expect(posts).toHaveLength(1);
  });

  it('does not follow a redirect', async () => {
    const { url, posts } = await startReceiver(204);
    const redirecting = await startServer((_request, response) =>
      response.writeHead(307, { Location: url }).end(),
    );
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, redirecting);

    expect(await simulator.notify(merchant)).toMatchObject({
      accepted: false,
      attempts: [{ status: 307 }],
    });
    expect(posts).toEqual([]);
  });

  it('sends copies of one notification, each with a signature of its own', async () => {
    const { notify, posts } = await start([500, 204, 500]);

    const delivery = await notify({ copies: 3 });

    expect(delivery.accepted).toBe(true);
    expect(delivery.attempts.map(({ status }) => status).sort()).toEqual([204, 500, 500]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(posts.map((post) => header(post, 'nonce'))).size).toBe(3);
    expect(posts.map(isGenuine)).toEqual([true, true, true]);
  });

  describe('with redeliver', () => {
    it('delivers the same body, with new signatures, until it is accepted', async () => {
      const { notify, posts } = await start([500, 401, 201, 200], { schedule: [1, 1, 1, 1, 1] });

      const delivery = await notify({ redeliver: true });

      expect(delivery.accepted).toBe(true);
      expect(delivery.attempts.map(({ status }) => status)).toEqual([500, 401, 201, 200]);
      expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
      expect(new Set(posts.map((post) => header(post, 'nonce'))).size).toBe(4);
      expect(new Set(posts.map((post) => header(post, 'signature'))).size).toBe(4);
      expect(posts.map(isGenuine)).toEqual([true, true, true, true]);
    });

    it('stops at the end of the schedule', async () => {
      const { notify, posts } = await start([500], { schedule: [1, 1, 1] });

      const delivery = await notify({ redeliver: true });

      expect(delivery.accepted).toBe(false);
      expect(delivery.attempts).toHaveLength(4);
      expect(posts).toHaveLength(4);
    });

    it('uses the documented schedule: 15 redeliveries in 24 hours and 4 minutes', async () => {
      expect(REDELIVERY_SCHEDULE).toHaveLength(15);
      expect(REDELIVERY_SCHEDULE.reduce((sum, pause) => sum + pause, 0)).toBe(
        (24 * 60 + 4) * 60 * 1000,
      );

      const { notify } = await start([500], { timeScale: 0 });
      expect((await notify({ redeliver: true })).attempts).toHaveLength(16);
    });

    it('delivers again after a timeout', async () => {
      const { notify } = await start(['hang', 204], { responseTimeout: 200, schedule: [1] });

      const { attempts, accepted } = await notify({ redeliver: true });

      expect(accepted).toBe(true);
      expect(attempts.map(({ status }) => status)).toEqual([undefined, 204]);
    });
  });

  it('delivers once without redeliver', async () => {
    const { notify, posts } = await start([500], { schedule: [1] });

    expect((await notify()).accepted).toBe(false);
    expect(posts).toHaveLength(1);
  });

  describe('with the kind', () => {
    async function postOf(kind: NotificationKind, content: NotifyOptions = {}) {
      const { notify, posts } = await start([401]);
      const delivery = await notify({ ...content, kind });
      expect(delivery.accepted).toBe(false);
      return onlyOf(posts);
    }

    it('probe, sends the signature that WeChat Pay probes with', async () => {
      const post = await postOf('probe');

      expect(header(post, 'signature')).toMatch(/^WECHATPAY\/SIGNTEST\/./);
      expect(header(post, 'serial')).toBe(merchant.publicKey.id);
    });

    it.each<[string, NotifyOptions]>([
      ['with a summary', {}],
      ['without a summary', { summary: null }],
    ])('tampered, sends a valid notification %s that was not signed so', async (_case, content) => {
      const post = await postOf('tampered', { id: 'EV-1', ...content });

      expect(isGenuine(post)).toBe(false);
      expect(JSON.parse(post.body)).toMatchObject({ id: 'EV-1', summary: '伪造' });
    });

    it('expired, sends a genuine signature of ten minutes ago', async () => {
      const post = await postOf('expired');

      expect(isGenuine(post)).toBe(true);
      const age = Date.now() / 1000 - Number(header(post, 'timestamp'));
      expect(age).toBeGreaterThanOrEqual(600);
      expect(age).toBeLessThan(700);
    });

    it('unknown-key, names a key that the merchant does not have', async () => {
      const post = await postOf('unknown-key');

      expect(header(post, 'serial')).toMatch(/^PUB_KEY_ID_\d+$/);
      expect(header(post, 'serial')).not.toBe(merchant.publicKey.id);
    });
  });

  it('signs with the key that it is given', async () => {
    const { notify, posts } = await start([204]);
    const signWith = await createTestPublicKey();
    await notify({ signWith });

    expect(header(onlyOf(posts), 'serial')).toBe(signWith.id);
  });

  it('signs with the newest certificate for a merchant without a public key', async () => {
    const withCertificate = await createTestMerchant({ mode: 'certificate' });
    const { url, posts } = await startReceiver(204);
    const simulator = await startSimulator(withCertificate);
    simulator.setRegisteredUrl(withCertificate, url);
    await simulator.notify(withCertificate);
    const { id } = await simulator.rotateCertificate(withCertificate);
    await simulator.notify(withCertificate);

    expect(posts.map((post) => header(post, 'serial'))).toEqual([
      withCertificate.platformCertificate.id,
      id,
    ]);
  });

  describe('returns an attempt without a status', () => {
    it('when nothing listens', async () => {
      const { notify, simulator } = await start([204]);
      simulator.setRegisteredUrl(merchant, await closedPort());

      const { attempts, accepted } = await notify();

      expect(accepted).toBe(false);
      expect(attempts).toEqual([{ body: expect.stringContaining('ECONNREFUSED') }]);
    });

    it('when no response comes in time', async () => {
      const { notify } = await start(['hang'], { responseTimeout: 50 });

      expect(await notify()).toMatchObject({
        accepted: false,
        attempts: [{ body: expect.stringContaining('timeout') }],
      });
    });

    it('when the response does not end in time', async () => {
      const url = await startServer((_request, response) => {
        response.writeHead(200).write('part');
      });
      const simulator = await startSimulator(merchant, { responseTimeout: 50 });
      simulator.setRegisteredUrl(merchant, url);

      expect(await simulator.notify(merchant)).toMatchObject({
        accepted: false,
        attempts: [{ body: expect.stringContaining('timeout') }],
      });
    });
  });

  describe('ends when the simulator stops', () => {
    it('before a redelivery', async () => {
      const attempted = deferred<undefined>();
      // The pauses are read only when the first attempt is over.
      const schedule = Object.assign([NEVER], {
        *[Symbol.iterator]() {
          attempted.resolve(undefined);
          yield NEVER;
        },
      });
      const { notify, simulator, posts } = await start([500], { schedule, timeScale: 1 });
      const delivery = notify({ redeliver: true });
      await attempted.promise;

      await simulator.stop();

      expect(await delivery).toMatchObject({ accepted: false, attempts: [{ status: 500 }] });
      expect(posts).toHaveLength(1);
    });

    it('before a response', async () => {
      const { notify, simulator, posts } = await start(['hang'], { responseTimeout: NEVER });
      const delivery = notify({ redeliver: true });
      await until(() => posts.length === 1);

      await simulator.stop();

      const { attempts, accepted } = await delivery;
      expect(accepted).toBe(false);
      expect(attempts).toHaveLength(1);
      expect(attempts[0]?.status).toBeUndefined();
    });
  });

  describe('to an app of this package', () => {
    const handled: string[] = [];

    @Controller()
    class ComplaintsController {
      @Post(PATH)
      @ComplaintNotification()
      handle(@ComplaintPayload() { id }: ComplaintNotificationPayload): void {
        handled.push(id);
      }
    }

    afterAll(closeApps);

    async function startAppAndSimulator() {
      const simulator = await startSimulator(merchant);
      const { url } = await startApp({
        imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant))],
        controllers: [ComplaintsController],
      });
      simulator.setRegisteredUrl(merchant, `${url}${PATH}`);
      return simulator;
    }

    it('is handled with 204', async () => {
      const simulator = await startAppAndSimulator();

      const { id, attempts } = await simulator.notify(merchant);

      expect(attempts).toEqual([{ status: 204, body: '' }]);
      expect(handled).toContain(id);
    });

    it.each<NotificationKind>(['probe', 'tampered', 'expired', 'unknown-key'])(
      'is rejected with 401 and not handled when its kind is %s',
      async (kind) => {
        const simulator = await startAppAndSimulator();

        const { id, attempts } = await simulator.notify(merchant, { kind });

        expect(attempts).toEqual([{ status: 401, body: expect.stringContaining('"code":"FAIL"') }]);
        expect(handled).not.toContain(id);
      },
    );
  });
});
