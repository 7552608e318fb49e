import { describe, expect, it } from '@jest/globals';
import { requireText, ResponseFault } from '../../../lib/http/response-reader.js';

describe('A required text', () => {
  it('is returned', () => {
    expect(requireText({ media_id: 'm', more: 1 }, 'media_id')).toBe('m');
  });

  it.each<[unknown, string, string]>([
    [{}, '', 'media_id is missing'],
    [{ media_id: null }, '', 'media_id is missing'],
    [{ media_id: '' }, '', 'media_id is empty'],
    [{ media_id: 1 }, '', 'media_id is of type number, not a string'],
    [{ media_id: ['m'] }, 'data[3]', 'data[3].media_id is of type array, not a string'],
    [undefined, '', 'it is not a JSON object'],
    [[], '', 'it is not a JSON object'],
    [null, 'data[3]', 'data[3] is of type null, not an object'],
    ['m', 'data[3]', 'data[3] is of type string, not an object'],
  ])('of %j at "%s" fails: %s', (value, at, message) => {
    expect(() => requireText(value, 'media_id', at)).toThrow(new ResponseFault(message));
  });
});
