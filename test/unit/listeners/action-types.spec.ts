import { describe, expect, it } from '@jest/globals';
import { documentedActionLike, isDocumentedAction } from '../../../lib/listeners/action-types.js';

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

describe('isDocumentedAction', () => {
  it.each([
    ['CREATE_COMPLAINT', true],
    ['create_complaint', false],
    ['SOMETHING_NEW', false],
  ])('says of %s: %s', (actionType, isDocumented) => {
    expect(isDocumentedAction(actionType)).toBe(isDocumented);
  });
});
