import { describe, expect, it } from '@jest/globals';
import { dayOf, rangeProblems, splitRange } from '../../../lib/complaints/date-range.js';

const RANGE = { begin_date: '2019-01-01', end_date: '2019-01-30' };
const DAY = 86_400_000;

describe('The number of a day', () => {
  it.each([
    ['1970-01-01', 0],
    ['1970-01-02', 1],
    ['2020-02-29', 18321],
  ])('of %s is %d', (date, day) => {
    expect(dayOf(date)).toBe(day);
  });

  it.each(['2019-02-29', '2019-13-01', '2019-1-1', '2019-01-01T00:00:00', 'today', '', 20190101])(
    'of %j does not exist',
    (date) => {
      expect(dayOf(date)).toBeNaN();
    },
  );
});

describe('A range', () => {
  it.each([
    ['2019-01-01', '2019-01-01'],
    ['2019-01-01', '2019-01-31'],
  ])('from %s to %s is valid', (begin_date, end_date) => {
    expect(rangeProblems({ begin_date, end_date }, 30)).toEqual({ begin_date: [], end_date: [] });
  });

  it('is too long by a day', () => {
    const range = { begin_date: '2019-01-01', end_date: '2019-02-01' };

    expect(rangeProblems(range, 30).end_date).toEqual([
      'lies 31 days after begin_date, at most 30 are allowed: listAll() splits longer ranges',
    ]);
    expect(rangeProblems(range).end_date).toEqual([]);
  });

  it('has each date checked', () => {
    const dates: object = { begin_date: 'today' };

    expect(rangeProblems({ ...RANGE, ...dates, end_date: '2019-02-30' })).toEqual({
      begin_date: ['is not a date as yyyy-MM-dd'],
      end_date: ['is not a date as yyyy-MM-dd'],
    });
  });
});

describe('Splitting a range', () => {
  const days = ({ begin_date, end_date }: typeof RANGE) =>
    (Date.parse(end_date) - Date.parse(begin_date)) / DAY + 1;

  it.each([
    ['2019-01-01', '2019-01-01', [1]],
    ['2019-01-01', '2019-01-30', [30]],
    ['2019-01-01', '2019-01-31', [30, 1]],
    ['2019-12-15', '2020-03-15', [30, 30, 30, 2]],
    ['2019-01-01', '2019-12-31', [...Array<number>(12).fill(30), 5]],
  ])('from %s to %s gives ranges of %j days without gaps', (begin_date, end_date, lengths) => {
    const ranges = splitRange({ begin_date, end_date });

    expect(ranges.map(days)).toEqual(lengths);
    expect(ranges[0]?.begin_date).toBe(begin_date);
    expect(ranges.at(-1)?.end_date).toBe(end_date);
    for (const [index, range] of ranges.slice(1).entries()) {
      const gap = Date.parse(range.begin_date) - Date.parse(ranges[index]?.end_date ?? '');
      expect(gap).toBe(DAY);
    }
  });

  it('keeps the merchant', () => {
    expect(splitRange({ ...RANGE, complainted_mchid: '1' })).toEqual([
      { ...RANGE, complainted_mchid: '1' },
    ]);
  });
});
