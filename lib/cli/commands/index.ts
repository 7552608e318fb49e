import type { Command } from '../command.js';
import { complaintsComplete } from './complaints-complete.js';
import { complaintsHistory } from './complaints-history.js';
import { complaintsList } from './complaints-list.js';
import { complaintsReply } from './complaints-reply.js';
import { complaintsShow } from './complaints-show.js';
import { complaintsSweep } from './complaints-sweep.js';
import { doctor } from './doctor.js';
import { simulate } from './simulate.js';
import { trigger } from './trigger.js';
import { urlDelete } from './url-delete.js';
import { urlGet } from './url-get.js';
import { urlSet } from './url-set.js';
import { verify } from './verify.js';

/** Every command, in the order of the help text. A new one is added here. */
export const COMMANDS: readonly Command[] = [
  doctor,
  urlGet,
  urlSet,
  urlDelete,
  complaintsList,
  complaintsShow,
  complaintsHistory,
  complaintsReply,
  complaintsComplete,
  complaintsSweep,
  simulate,
  trigger,
  verify,
];
