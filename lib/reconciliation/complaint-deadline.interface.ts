import type { Complaint } from '../complaints/interfaces/complaint.interface.js';
import type { ComplaintDeadlineKind } from './reminders.js';

/** What `@OnComplaintDeadline()` methods get. */
export interface ComplaintDeadline {
  /** The merchant of this module to which the complaint was made. */
  readonly mchid: string;
  /** As the sweep has just listed it. */
  readonly complaint: Complaint;
  /** What is to be done: the first reply, or the completion. */
  readonly kind: ComplaintDeadlineKind;
  readonly dueAt: Date;
  /** `due-soon`: one of the times of the option `deadlines.remind` has come. `overdue`: it has passed. */
  readonly state: 'due-soon' | 'overdue';
}
