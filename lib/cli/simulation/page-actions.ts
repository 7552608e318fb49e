import { callbackUrlProblems } from '../../protocol/callback-url.js';
import type { NotificationKind } from '../../testing/simulator/notification-delivery.js';
import type { JsonObject } from '../../utils/json.js';
import { NOTIFICATION_KINDS } from '../notification-response.js';
import { isStepName, type Simulation } from './simulation.js';

/** What a page asks for cannot be done. The message is shown beside its form. */
export class PageRequestError extends Error {
  override readonly name = 'PageRequestError';
}

const MAX_TEXT = 500;
const MAX_IMAGES = 4;
/** In fen: what a number of JavaScript holds without loss is more than enough. */
const MAX_AMOUNT = 100_000_000;
const PROBLEM_TYPES = ['REFUND', 'SERVICE_NOT_WORK', 'OTHERS'];

/**
 * Does what a form of the page asks for.
 *
 * @throws PageRequestError, or an Error of the simulator
 */
export async function takeAction(simulation: Simulation, action: JsonObject): Promise<void> {
  const name = action.action;
  if (name === 'complain') {
    await simulation.complain({
      complaint_detail: readText(action, 'text'),
      problem_type: readWord(action, 'problem_type', PROBLEM_TYPES),
      order: { amount: readInteger(action, 'amount', 1, MAX_AMOUNT) },
      images: readImages(action),
    });
  } else if (name === 'notify') {
    await simulation.notify({
      action_type: readWord(action, 'action_type'),
      complaint_id: readWord(action, 'complaint_id'),
      kind: readKind(action),
      copies: readInteger(action, 'copies', 1, 20),
      id: action.id === undefined ? undefined : readWord(action, 'id'),
    });
  } else if (name === 'register') {
    simulation.register(readUrl(action));
  } else if (isStepName(name)) {
    const isMessage = name === 'message' || name === 'continue' || name === 'platform-message';
    await simulation.step(name, readWord(action, 'complaint_id'), {
      text: isMessage ? readText(action, 'text') : undefined,
      images: readImages(action),
    });
  } else {
    throw new PageRequestError('There is no such action.');
  }
}

function readText(action: JsonObject, name: string): string {
  const value = action[name];
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || text.length > MAX_TEXT) {
    throw new PageRequestError(`Write 1 to ${MAX_TEXT} characters.`);
  }
  return text;
}

function readWord(action: JsonObject, name: string, words?: readonly string[]): string {
  const value = action[name];
  const isWord = typeof value === 'string' && /^[\w-]{1,128}$/.test(value);
  if (isWord && (words?.includes(value) ?? true)) return value;
  throw new PageRequestError(`${name} is missing or malformed.`);
}

function readKind(action: JsonObject): NotificationKind {
  const kind = NOTIFICATION_KINDS.find((known) => known === action.kind);
  if (kind === undefined) throw new PageRequestError('kind is missing or malformed.');
  return kind;
}

function readInteger(action: JsonObject, name: string, min: number, max: number): number {
  const value = action[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new PageRequestError(`${name} must be a whole number from ${min} to ${max}.`);
}

/** An empty text means none. */
function readUrl({ url }: JsonObject): string | undefined {
  if (url === '') return undefined;
  const problems = callbackUrlProblems(url, true);
  if (typeof url === 'string' && problems.length === 0) return url;
  throw new PageRequestError(`The URL ${problems.join('; ')}.`);
}

/** Base64. The simulator checks that they are pictures. */
function readImages({ images = [] }: JsonObject): Buffer[] {
  const isList = Array.isArray(images) && images.length <= MAX_IMAGES;
  if (!isList) throw new PageRequestError(`Choose at most ${MAX_IMAGES} pictures.`);
  return images.map((image: unknown) => {
    if (typeof image !== 'string') throw new PageRequestError('A picture is malformed.');
    return Buffer.from(image, 'base64');
  });
}
