// What parents and officials do, page by page.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import * as words from "./words.js";

/** The joined procedure: birth, residence and health card. */
export const PROCEDURE = "3.000722";
const DAY_MS = 24 * 60 * 60 * 1000;

/** Yesterday in Viet Nam, as `{ day, month, year }`. */
export function yesterday() {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Ho_Chi_Minh", day: "numeric", month: "numeric", year: "numeric" });
  return Object.fromEntries(format.formatToParts(Date.now() - DAY_MS).map(({ type, value }) => [type, value]));
}

/** A date of birth as its three fields. */
export function birthDate({ day, month, year }) {
  return { "birth-date-day": day, "birth-date-month": month, "birth-date-year": year };
}

/** A child to be registered, named unlike every other: the same child is registered only once. */
export function newborn(given, notice = "") {
  const letter = () => String.fromCharCode("a".charCodeAt(0) + randomInt(26));
  const middle = `Th${Array.from({ length: 6 }, letter).join("")}`;
  return { family: "Chu", middle, given, sex: "female", notice, born: yesterday() };
}

export function fullName({ family, middle, given }) {
  return [family, middle, given].filter(Boolean).join(" ");
}

/** Begins an application on the portal; the first page of questions comes next. */
export async function begin(parent) {
  await parent.open("/portal");
  await parent.type({ q: "khai sinh" });
  await parent.press(words.SEARCH);
  await parent.follow(words.JOINED_PROCEDURE);
  await parent.press(words.START);
  await parent.press(words.START);
  at(parent, "child");
}

/** Answers every page of questions, checks them and sends the application. Returns the portal's identifier of it. */
export async function apply(parent, child) {
  await answerAll(parent, child);
  await parent.press(words.SUBMIT);
  return sent(parent);
}

/** The portal's identifier of what was sent just now; the dossier is opened. */
export async function sent(parent) {
  const [, submission] = /^\/portal\/dossiers\/([0-9a-f-]{36})\/sent$/.exec(parent.path) ?? assert.fail(parent.path);
  await parent.follow(words.FOLLOW);
  return submission;
}

/** Answers every page of questions and declares that it is true. */
export async function answerAll(parent, child) {
  await begin(parent);
  await answerChild(parent, child);
  at(parent, "birth-place");
  await answerBirthPlace(parent);
  at(parent, "mother");
  await parent.press(words.SAVE);
  at(parent, "father");
  await parent.press(words.SAVE);
  at(parent, "choices");
  await answerChoices(parent);
  at(parent, "check");
  assert.ok((await parent.text()).includes(fullName(child)));
  await parent.choose("declared", "yes");
}

export async function answerChild(parent, child) {
  await parent.type({
    "family-name": child.family,
    "middle-name": child.middle,
    "given-name": child.given,
    ...birthDate(child.born),
    "birth-notice": child.notice,
  });
  await parent.choose("sex", child.sex);
  await parent.press(words.SAVE);
}

/** Looks for a commune, as if the child was born far from home. */
export async function answerBirthPlace(parent) {
  await parent.type({ facility: "Bệnh viện Phụ sản Hà Nội", search: "Ba Đình" });
  await parent.press(words.SEARCH);
  assert.equal(await parent.field("facility").inputValue(), "Bệnh viện Phụ sản Hà Nội");
  await parent.choose("commune", "00004");
  await parent.press(words.SAVE);
}

export async function answerChoices(parent) {
  for (const [question, answer] of [["hometown", "father"], ["ethnicity", "mother"], ["registers-at", "mother"]]) {
    await parent.choose(question, answer);
  }
  await parent.press(words.SAVE);
}

/** Opens a child's dossier from a list that an official has, once it is there. */
export async function openFromList(official, list, child) {
  await official.waitFor(list, fullName(child));
  const row = official.main.getByRole("row").filter({ hasText: fullName(child) });
  await official.go(() => row.getByRole("link").first().click());
}

/** Decides a dossier; what cannot be undone is confirmed. */
export async function decide(official, decision, { reason = "", confirmed = true } = {}) {
  await official.choose("decision", decision);
  if (reason) await official.type({ reason });
  await official.press(words.CONTINUE);
  if (confirmed) await official.press(words.CONFIRM);
  const notice = official.main.locator(".govuk-notification-banner--success");
  assert.equal(await notice.count(), 1, await official.text());
}

/** The visitor is on this page of the application. */
export function at(parent, step) {
  assert.match(parent.path, new RegExp(`^/portal/apply/[^/]+/${step}$`));
}
