// Answers that can't be: each error stands beside its field and in the summary, the summary leads to the field, and what was
// typed is kept. Without script, in both languages.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PROCEDURE, answerBirthPlace, answerChild, at, begin, birthDate, newborn, yesterday } from "./steps.js";
import { Visitor } from "./visitor.js";
import * as words from "./words.js";

const nextYear = { ...yesterday(), year: String(Number(yesterday().year) + 1) };

/** What is typed, the field the summary leads to, and what it says. */
const CHILD_CASES = [
  [{ "given-name": "" }, "given-name", { vi: "Nhập tên của trẻ", en: "Enter the child's given name" }],
  [{ "family-name": "" }, "family-name", { vi: "Nhập họ của trẻ", en: "Enter the child's family name" }],
  [{ "given-name": "An1" }, "given-name", { vi: "không có chữ số", en: "no digits" }],
  [{ "middle-name": "<b>" }, "middle-name", { vi: "chỉ gồm chữ cái", en: "only letters" }],
  [{ "given-name": "a".repeat(51) }, "given-name", { vi: "nhiều nhất 50 ký tự", en: "at most 50 characters" }],
  [birthDate({ day: "29", month: "2", year: "2025" }), "birth-date-day", { vi: "chỉ có 28 ngày", en: "only 28 days" }],
  [birthDate({ day: "1", month: "13", year: "2025" }), "birth-date-month", { vi: "tháng phải là số từ 1 đến 12", en: "month must be a number from 1 to 12" }],
  [birthDate({ day: "1", month: "", year: "2025" }), "birth-date-month", { vi: "phải có tháng", en: "include a month" }],
  [birthDate({ day: "", month: "", year: "" }), "birth-date-day", { vi: "Ngày sinh: ", en: "Date of birth: " }],
  [birthDate(nextYear), "birth-date-day", { vi: "không thể sau hôm nay", en: "can't be after today" }],
  [birthDate({ day: "1", month: "1", year: "1960" }), "birth-date-day", { vi: "chưa đủ 12 tuổi", en: "younger than 12" }],
  [{ "birth-notice": "1".repeat(51) }, "birth-notice", { vi: "nhiều nhất 50 ký tự", en: "at most 50 characters" }],
];

export function badInput(country) {
  for (const [person, language] of [["mother", "vi"], ["father", "en"]]) {
    describe(`bad input in an application (${language})`, () => {
      it("is told beside each field and in the summary", async () => {
        const parent = await Visitor.signedIn(country, person, { language });
        await begin(parent);
        const good = newborn("Giang");
        for (const [typed, field, said] of CHILD_CASES) {
          const right = { "family-name": good.family, "middle-name": good.middle, "given-name": good.given, "birth-notice": "", ...birthDate(good.born) };
          await parent.type({ ...right, ...typed });
          await parent.choose("sex", good.sex);
          await parent.press(words.SAVE, 422);
          await expectError(parent, field, said);
          for (const [name, value] of Object.entries({ ...right, ...typed })) {
            assert.equal(await parent.field(name).inputValue(), value, `${name} is kept`);
          }
        }
        await deleteDraft(parent, language);
        await parent.leave();
      });

      it("is told on every page of it", async () => {
        const parent = await Visitor.signedIn(country, person, { language });
        await begin(parent);
        await parent.press(words.SAVE, 422);
        await expectError(parent, "sex", { vi: "Chọn giới tính của trẻ", en: "Choose the child's sex" });

        await answerChild(parent, newborn("Giang"));
        await parent.press(words.SAVE, 422);
        await expectError(parent, "facility", { vi: "Nhập cơ sở y tế", en: "Enter the health facility" });
        await expectError(parent, "commune", { vi: "Chọn xã, phường", en: "Choose the commune" });
        await parent.type({ search: "Không có nơi này" });
        await parent.press(words.SEARCH, 422);
        await expectError(parent, "search", { vi: "Không có xã, phường", en: "No commune has such a name" });

        await answerBirthPlace(parent);
        await parent.press(words.SAVE);
        await parent.press(words.SAVE);
        at(parent, "choices");
        await parent.press(words.SAVE, 422);
        for (const question of ["hometown", "ethnicity", "registers-at"]) {
          await expectError(parent, question, { vi: "Chọn", en: "Choose" });
        }
        await deleteDraft(parent, language);
        await parent.leave();
      });
    });
  }

  describe("bad input", () => {
    it("of an older copy of a form changes nothing", async () => {
      const mother = await Visitor.signedIn(country, "mother");
      await begin(mother);
      const older = await mother.context.newPage();
      await older.goto(mother.path);
      await answerChild(mother, newborn("Giang"));
      const answer = older.waitForResponse((response) => response.request().method() === "POST");
      await older.getByRole("button", { name: words.SAVE.vi }).click();
      assert.equal((await answer).status(), 409);
      await older.close();
      await deleteDraft(mother, "vi");
      await mother.leave();
    });

    it("of a registrar who looks for an entry is told", async () => {
      const registrar = await Visitor.signedIn(country, "registrar");
      await registrar.open("/civil-status");
      await registrar.type({ number: "một", year: "26" });
      await registrar.press(words.FIND, 422);
      await expectError(registrar, "number", { vi: "Nhập số trong sổ" });
      await expectError(registrar, "year", { vi: "4 chữ số" });
      await registrar.leave();
    });
  });
}

/** The page says what is wrong, in the summary and beside the field, and the summary leads there. */
export async function expectError(visitor, field, said) {
  const { main, page, language } = visitor;
  assert.match(await page.title(), language === "vi" ? /^Lỗi: / : /^Error: /);
  const summary = main.locator(".govuk-error-summary");
  assert.equal((await summary.getByRole("heading").innerText()).trim(), words.PROBLEM[language]);
  const link = summary.locator(`a[href="#${field}"]`);
  assert.equal(await link.count(), 1, `the summary leads to ${field}: ${await summary.innerText()}`);
  const message = (await link.innerText()).trim();
  assert.ok(message.includes(said[language]), message);

  const group = main.locator(".govuk-form-group--error", { has: page.locator(`[id="${field}"]`) }).last();
  assert.ok((await group.locator(".govuk-error-message").innerText()).includes(message), `${message} beside ${field}`);
  await link.click();
  assert.equal(await page.evaluate(() => document.activeElement.id), field, "the summary's link focuses the field");
}

async function deleteDraft(parent, language) {
  await parent.open(`/portal/apply/${PROCEDURE}`);
  await parent.press(words.DELETE_DRAFT);
  assert.ok((await parent.text()).includes(language === "vi" ? "Đã xóa tờ khai đang làm." : "The draft is deleted."));
}
