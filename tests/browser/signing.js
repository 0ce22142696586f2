// A mother signs what she hands in with a passkey of a virtual authenticator; the officer sees whose signature it is. Script is
// on for the passkey only.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addPasskey, plug } from "./identity.js";
import { answerAll, at, fullName, newborn, openFromList, sent } from "./steps.js";
import { Visitor } from "./visitor.js";
import * as words from "./words.js";

export function signing(country) {
  describe("a submission", () => {
    it("is signed with the applicant's passkey, and the officer sees it", async () => {
      const child = newborn("Giang");
      const mother = await Visitor.signedIn(country, "mother", { script: true });
      await plug(mother);
      await answerAll(mother, child);
      await mother.press(words.SIGN_AND_SUBMIT);
      assert.match(mother.path, /^\/identity\/submissions\//);
      assert.ok((await mother.text()).includes("chưa có khóa truy cập"), "she has no passkey yet");
      await mother.press(words.DO_NOT_SIGN);
      at(mother, "check\\?signing=not-signed");

      await addPasskey(mother, "");
      await mother.open("/portal/apply/3.000722/check");
      await mother.choose("declared", "yes");
      await mother.press(words.SIGN_AND_SUBMIT);
      assert.ok((await mother.text()).includes(fullName(child)), "she sees for whom it is");
      await mother.press(words.SIGN);
      await sent(mother);
      assert.match((await mother.facts())["Chữ ký của người nộp"], /^Đã ký bằng khóa truy cập/);
      await mother.leave();

      const officer = await Visitor.signedIn(country, "officer");
      await openFromList(officer, "/one-door", child);
      await officer.waitFor(officer.path, "Người nộp đã ký bằng khóa truy cập của mình");
      await officer.leave();
    });
  });
}
