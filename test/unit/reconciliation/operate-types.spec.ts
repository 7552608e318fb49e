import { describe, expect, it } from '@jest/globals';
import { actionTypeOf } from '../../../lib/reconciliation/operate-types.js';

describe('actionTypeOf', () => {
  it.each([
    ['USER_CREATE_COMPLAINT', 'CREATE_COMPLAINT'],
    ['USER_CONTINUE_COMPLAINT', 'CONTINUE_COMPLAINT'],
    ['USER_RESPONSE', 'USER_RESPONSE'],
    ['PLATFORM_RESPONSE', 'RESPONSE_BY_PLATFORM'],
    ['COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE', 'SELLER_REFUND'],
    ['COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE', 'REFUND_SUCCESS'],
    ['USER_APPLY_PLATFORM_HELP', 'USER_APPLY_PLATFORM_SERVICE'],
    ['PLATFORM_SERVICE_FINISHED', 'PLATFORM_SERVICE_FINISHED'],
  ])('translates %s into %s', (operateType, actionType) => {
    expect(actionTypeOf(operateType)).toBe(actionType);
  });

  it.each([
    'MERCHANT_RESPONSE',
    'MERCHANT_REFUSE_RERUND',
    'USER_CONTINUE_COMPLAINT_SYSTEM_MESSAGE',
    'USER_SUBMIT_SATISFACTION',
    undefined,
  ])('has none for %s, which is not notified', (operateType) => {
    expect(actionTypeOf(operateType)).toBeUndefined();
  });

  it('keeps the name of a type that is not known', () => {
    expect(actionTypeOf('USER_SENT_A_LETTER')).toBe('USER_SENT_A_LETTER');
    expect(actionTypeOf('constructor')).toBe('constructor');
  });
});
