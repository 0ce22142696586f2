// Everything can be done with the keyboard alone, and where it stands is always seen.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { at, begin, newborn } from "./steps.js";
import { Visitor } from "./visitor.js";
import * as words from "./words.js";

/** More controls than any page here has. */
const TABS_LIMIT = 80;

export function keyboard(country) {
  describe("the keyboard", () => {
    it("skips to the content", async () => {
      const visitor = await Visitor.arrive(country);
      await visitor.open("/");
      await visitor.page.keyboard.press("Tab");
      const link = visitor.page.locator(".govuk-skip-link");
      assert.ok(await link.evaluate((element) => element === document.activeElement), "the first stop is the skip link");
      const { width, height } = await link.boundingBox();
      assert.ok(width > 100 && height > 20, "it is seen");
      await visitor.page.keyboard.press("Enter");
      assert.equal(await visitor.page.evaluate(() => document.activeElement.id), "main-content");
      await visitor.page.keyboard.press("Tab");
      const isInside = await visitor.page.evaluate(() => document.activeElement.closest("main") !== null);
      assert.ok(isInside, "the next stop is in the content");
      await visitor.leave();
    });

    it("fills in and sends a page of the application", async () => {
      const mother = await Visitor.signedIn(country, "mother");
      await begin(mother);
      const child = newborn("Giang");
      const { page } = mother;
      const typed = {
        "family-name": child.family,
        "middle-name": child.middle,
        "given-name": child.given,
        sex: null,
        "birth-date-day": child.born.day,
        "birth-date-month": child.born.month,
        "birth-date-year": child.born.year,
        "birth-notice": "CS-1",
      };
      const reached = [];
      for (const [name, text] of Object.entries(typed)) {
        await tabTo(page, name, reached);
        // A browser selects the text of a field that is tabbed to, so typing replaces it.
        if (text === null) await page.keyboard.press("Space");
        else await page.keyboard.type(text);
      }
      assert.deepEqual(reached.filter((name) => name in typed), Object.keys(typed), "in the order they are read");
      await tabTo(page, "action", reached);
      await mother.go(() => page.keyboard.press("Enter"));
      at(mother, "birth-place");
      await mother.open(mother.path.replace("birth-place", "child"));
      for (const [name, text] of Object.entries(typed)) {
        if (text !== null) assert.equal(await mother.field(name).inputValue(), text, name);
      }
      await mother.open(mother.path.replace("/child", ""));
      await mother.press(words.DELETE_DRAFT);
      await mother.leave();
    });
  });
}

/** Tabs until the control with this name has the focus, which must be seen. */
async function tabTo(page, name, reached) {
  for (let tabs = 0; tabs < TABS_LIMIT; tabs += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const label = element.type === "radio" ? getComputedStyle(element.nextElementSibling, "::before") : style;
      const isSeen = [style, label].some((each) => each.outlineStyle !== "none" || each.boxShadow !== "none");
      return { name: element.name ?? "", isSeen, markup: element.outerHTML.slice(0, 120) };
    });
    assert.ok(focused.isSeen, `the focus is seen on ${focused.markup}`);
    reached.push(focused.name);
    if (focused.name === name) return;
  }
  assert.fail(`${name} is not reached by ${TABS_LIMIT} tabs, only ${reached.join(", ")}`);
}
