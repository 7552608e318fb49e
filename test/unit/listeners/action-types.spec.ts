import { describe, expect, it } from '@jest/globals';
import { documentedActionLike } from '../../../lib/listeners/action-types.js';

describe('documentedActionLike', () => {
  it.each([
    ['CREATE_COMPLANT', 'CREATE_COMPLAINT'],
    ['create_complaint', 'CREATE_COMPLAINT'],
    ['SELLER_REFOUND', 'SELLER_REFUND'],
  ])('finds what %s was meant to be', (actionType, meant) => {
    expect(documentedActionLike(actionType)).toBe(meant);
  });

  it.each(['CREATE_COMPLAINT', 'REFUND_SUCCESS', 'SOMETHING_NEW'])('accepts %s', (actionType) => {
    expect(documentedActionLike(actionType)).toBeUndefined();
  });
});
