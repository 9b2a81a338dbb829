// The cursor of a page: the id of the item after which the next one starts.
//
// A letter follows each digit and stands for it. So openapi.yaml can say by a pattern which cursors are accepted, and a
// damaged one is told from one that a page had.

import { badRequest } from "./http.mjs";

const LETTERS = "ghijklmnopqrstuv";
const CURSOR = /^(?:0g|1h|2i|3j|4k|5l|6m|7n|8o|9p|aq|br|cs|dt|eu|fv){32}$/;
const UUID = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** The cursor for an item's id, a UUID. */
export const toCursor = (id) =>
  [...id.replaceAll("-", "")].map((digit) => digit + LETTERS[parseInt(digit, 16)]).join("");

/** The item's id of a cursor. Throws badRequest for one that no page can have had. */
export const fromCursor = (cursor) => {
  if (!CURSOR.test(cursor)) throw badRequest("cursor: is none of this API");
  return cursor.replace(/(.)./g, "$1").replace(UUID, "$1-$2-$3-$4-$5");
};
