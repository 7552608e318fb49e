import { describe, expect, it } from '@jest/globals';
import {
  complaintPath,
  COMPLAINTS_PATH,
  queryOf,
} from '../../../lib/complaints/complaint-paths.js';

describe('The path of a complaint', () => {
  it.each([
    ['200201820200101080076610000', '200201820200101080076610000'],
    ['a/b?c#d', 'a%2Fb%3Fc%23d'],
    ["it's(1)*!", 'it%27s%281%29%2A%21'],
    ['%2e%2e', '%252e%252e'],
    ['投诉', '%E6%8A%95%E8%AF%89'],
  ])('has the id %s in one segment', (id, segment) => {
    expect(complaintPath(id)).toBe(`${COMPLAINTS_PATH}/${segment}`);
    expect(new URL(complaintPath(id), 'http://localhost').pathname).toBe(complaintPath(id));
  });

  it.each(['.', '..', ''])('does not exist for the id %j', (id) => {
    expect(() => complaintPath(id)).toThrow('complaint_id');
  });
});

describe('A query', () => {
  it('has the parameters with a value, escaped, in order', () => {
    expect(queryOf({ limit: 5, offset: 0, begin_date: undefined, mchid: "a&b'c" })).toBe(
      '?limit=5&offset=0&mchid=a%26b%27c',
    );
  });

  it('is empty without any', () => {
    expect(queryOf({ limit: undefined })).toBe('');
  });
});
