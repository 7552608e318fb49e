import { describe, expect, it } from '@jest/globals';
import { withQuestionMarks } from '../../../../../lib/stores/sql/adapters/question-marks.js';

describe('withQuestionMarks', () => {
  it('replaces numbered placeholders', () => {
    expect(withQuestionMarks('VALUES ($1, $2, $10)')).toBe('VALUES (?, ?, ?)');
  });

  it('leaves question marks alone', () => {
    expect(withQuestionMarks('VALUES (?, ?)')).toBe('VALUES (?, ?)');
  });
});
