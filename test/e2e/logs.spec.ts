import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Controller, type INestApplication, Post } from '@nestjs/common';
import { ComplaintNotification, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { httpPost } from '../support/http-post.js';
import { closeApps, startApp } from '../support/start-app.js';

const LABEL = 'Notification EV-1 (USER_RESPONSE, complaint 2002)';

let merchant: TestMerchant;
let handle: () => unknown;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeApps);

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  receive(): unknown {
    return handle();
  }
}

/**
 * Sends a notification that is handled, a forged one and one whose handler fails.
 *
 * @returns the Request-IDs
 */
async function sendThree(
  configure: (app: INestApplication) => void,
): Promise<(string | undefined)[]> {
  const { url } = await startApp({
    imports: [WechatPayComplaintModule.forRoot(merchant.options)],
    controllers: [ComplaintsController],
    configure,
  });
  const send = async (change = ''): Promise<string | undefined> => {
    const { headers, body } = signComplaintNotification(merchant, {
      id: 'EV-1',
      complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
    });
    await httpPost(`${url}/complaints`, headers, `${body}${change}`);
    return headers['Request-ID'];
  };
  handle = () => {
    throw new TypeError('locked');
  };
  const requestIds = [await send(), await send(' ')];
  handle = () => undefined;
  return [...requestIds, await send()];
}

/** What a program finds in a line, apart from what the logger itself adds. */
function fieldsOf(requestIds: readonly (string | undefined)[]): object[] {
  const about = {
    mchid: merchant.mchid,
    notificationId: 'EV-1',
    eventType: 'COMPLAINT.CREATE',
    actionType: 'USER_RESPONSE',
    complaintId: '2002',
  };
  return [
    {
      msg: `${LABEL} was not handled. WeChat Pay redelivers it.`,
      ...about,
      requestId: requestIds[0],
      outcome: 'failed',
      status: 500,
      stack: expect.stringMatching(/^TypeError: locked\n\s+at /),
    },
    {
      msg: expect.stringMatching(/^Notification rejected \(SIGNATURE_MISMATCH\): /),
      mchid: merchant.mchid,
      requestId: requestIds[1],
      outcome: 'rejected',
      code: 'SIGNATURE_MISMATCH',
    },
    {
      msg: expect.stringMatching(/: handled, \d+ ms$/),
      ...about,
      requestId: requestIds[2],
      outcome: 'handled',
      duration: expect.any(Number),
    },
  ];
}

/** The lines of this package that a console gets, without colours. */
function recordConsole(): string[] {
  const lines: string[] = [];
  const record = (chunk: string | Uint8Array): boolean => {
    if (String(chunk).includes('WechatPayComplaint')) lines.push(String(chunk));
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(record);
  jest.spyOn(process.stderr, 'write').mockImplementation(record);
  return lines;
}

describe('The lines about notifications', () => {
  it("have fields in Nest's logger with json", async () => {
    const lines = recordConsole();
    const requestIds = await sendThree((app) => {
      app.useLogger(new ConsoleLogger({ json: true }));
    });
    jest.restoreAllMocks();

    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ level, context }) => [level, context])).toEqual([
      ['error', 'WechatPayComplaint'],
      ['warn', 'WechatPayComplaint'],
      ['log', 'WechatPayComplaint'],
    ]);
    expect(records.map(({ message }) => message)).toEqual(fieldsOf(requestIds));
  });

  it("are sentences in Nest's logger for people", async () => {
    const lines = recordConsole();
    await sendThree((app) => {
      app.useLogger(new ConsoleLogger({ colors: false }));
    });
    jest.restoreAllMocks();

    expect(lines).toEqual([
      expect.stringMatching(
        /ERROR \[WechatPayComplaint\] Notification EV-1 .* was not handled\. WeChat Pay redelivers it\.\nTypeError: locked\n\s+at /,
      ),
      expect.stringMatching(/WARN \[WechatPayComplaint\] Notification rejected .*\n$/),
      expect.stringMatching(/LOG \[WechatPayComplaint\] Notification EV-1 .*: handled, \d+ ms\n$/),
    ]);
  });
});
