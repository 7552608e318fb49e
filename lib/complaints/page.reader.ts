import { type Reader, ResponseFault } from '../http/response-reader.js';
import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import type { Page, UnreadableEntry } from './interfaces/complaint.interface.js';
import { added, fields, integer, readLeniently } from './lenient-reader.js';

const frame = fields<Omit<Page<unknown>, 'data' | 'unreadableEntries'>>({
  limit: integer,
  offset: integer,
  total_count: integer,
  unreadFields: added,
});

/**
 * Reads one page of a list. Entries that `readEntry` cannot read are set aside, so that none of them
 * costs the rest. The reader fails unless `data` is a list; WeChat Pay omits an empty one.
 *
 * @param readEntry throws a ResponseFault on an entry without an id
 */
export function pageReader<T>(readEntry: (value: unknown, at: string) => T): Reader<Page<T>> {
  return (json) => {
    const data: T[] = [];
    const unreadableEntries: UnreadableEntry[] = [];
    for (const [index, raw] of entriesOf(json).entries()) {
      try {
        data.push(readEntry(raw, `data[${index}]`));
      } catch (error) {
        if (!(error instanceof ResponseFault)) throw error;
        unreadableEntries.push({ index, raw, problem: error.message });
      }
    }
    return { ...readLeniently(frame, json), data, unreadableEntries };
  };
}

function entriesOf(json: unknown): readonly unknown[] {
  if (!isJsonObject(json)) throw new ResponseFault('it is not a JSON object');
  const entries: unknown = json.data ?? [];
  if (Array.isArray(entries)) return entries;
  throw new ResponseFault(`data is of type ${typeName(entries)}, not an array`);
}
