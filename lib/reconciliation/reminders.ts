import type { ComplaintDeadlines } from './deadlines.js';

/** Which of the two deadlines. */
export type ComplaintDeadlineKind = 'first-reply' | 'completion';

/** A deadline that approaches or has passed. */
export interface Reminder {
  readonly kind: ComplaintDeadlineKind;
  readonly dueAt: Date;
  readonly state: 'due-soon' | 'overdue';
  /** When this reminder became due, in milliseconds since 1970. */
  readonly moment: number;
}

/**
 * The reminders of a complaint whose time has come: for each deadline the latest one, because an
 * earlier one says nothing more.
 *
 * @param remind milliseconds before a deadline
 */
export function remindersOf(
  { firstReply, completion }: ComplaintDeadlines,
  remind: readonly number[],
  now: number,
): Reminder[] {
  const deadlines: [kind: ComplaintDeadlineKind, dueAt: Date | undefined][] = [
    ['first-reply', firstReply],
    ['completion', completion],
  ];
  return deadlines.flatMap(([kind, dueAt]) => {
    if (!dueAt) return [];
    const due = dueAt.getTime();
    const passed = [0, ...remind].filter((before) => due - before <= now);
    if (passed.length === 0) return [];
    const state = due <= now ? 'overdue' : 'due-soon';
    return { kind, dueAt, state, moment: due - Math.min(...passed) };
  });
}
