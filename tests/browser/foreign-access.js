// What belongs to others is not there, and what was not asked for by our own page is refused.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Visitor } from "./visitor.js";
import * as words from "./words.js";

const NOBODY = "00000000-0000-7000-8000-000000000000";

export function foreignAccess(country) {
  const people = {};
  const each = (names, check) => Promise.all(names.map((name) => check(people[name], name)));

  describe("what belongs to others", () => {
    before(async () => {
      for (const key of ["mother", "father", "officer", "registrar", "other-registrar", "operator"]) {
        people[key] = await Visitor.signedIn(country, key);
      }
      people.stranger = await Visitor.arrive(country);
    });
    after(() => each(Object.keys(people), (visitor) => visitor.leave()));

    it("is not there for another person", async () => {
      const { dossier, document } = country.story;
      const own = [dossier, `${dossier}/sent`, `${dossier}/rating`, `${dossier}/withdraw`, document, dossier.replace("dossiers", "apply")];
      for (const path of own) {
        await each(["father", "officer", "registrar", "other-registrar", "operator"], async (visitor, name) => {
          assert.equal(await visitor.statusOf(path), 404, `${path} for the ${name}`);
        });
      }
      assert.equal(await people.mother.statusOf(document), 200);
    });

    it("is not there for an official of another post", async () => {
      const { atOneDoor, application, entry, message } = country.story;
      const papers = await people.officer.context.request.get(atOneDoor);
      const [paper] = (await papers.text()).match(new RegExp(`${atOneDoor}/documents/[^"]+`)) ?? assert.fail("no paper");
      const rooms = [
        [["/one-door", atOneDoor, paper], ["mother", "father", "registrar", "other-registrar", "operator"]],
        [
          ["/civil-status", "/civil-status/books", application, entry, `${entry}/certificate.pdf`, `${entry}/amendment`],
          ["mother", "father", "officer", "operator"],
        ],
        [
          ["/exchange/messages", message, `${message}/receipt`, "/exchange/cases/1"],
          ["mother", "father", "officer", "registrar", "other-registrar"],
        ],
      ];
      for (const [paths, others] of rooms) {
        for (const path of paths) {
          await each(others, async (visitor, name) => {
            assert.equal(await visitor.statusOf(path), 404, `${path} for the ${name}`);
          });
        }
      }
      assert.equal(await people.officer.statusOf(paper), 200);
      assert.equal(await people.registrar.statusOf(`${entry}/certificate.pdf`), 200);
      assert.equal(await people.operator.statusOf(`${message}/receipt`), 200);
    });

    it("is not there for a registrar of another commune", async () => {
      const { application, entry } = country.story;
      for (const path of [application, entry, `${entry}/certificate.pdf`, `${entry}/amendment`]) {
        assert.equal(await people["other-registrar"].statusOf(path), 404, path);
        assert.equal(await people.registrar.statusOf(path), 200, path);
      }
      for (const own of ["/civil-status", "/civil-status/books"]) {
        assert.equal(await people["other-registrar"].statusOf(own), 200, own);
      }
    });

    it("leads a stranger to signing in", async () => {
      const { dossier, document, atOneDoor, application, message } = country.story;
      for (const path of [dossier, document, atOneDoor, application, message, "/portal/my-data", "/population", "/insurance"]) {
        const answer = await people.stranger.context.request.get(path, { maxRedirects: 0 });
        assert.equal(answer.status(), 303, path);
        assert.equal(answer.headers().location, `/sign-in?return=${path}`, path);
      }
    });

    it("cannot be guessed", async () => {
      for (const id of [NOBODY, "1", "..%2f..", "%00", "a".repeat(300)]) {
        for (const [name, path] of [
          ["mother", `/portal/dossiers/${id}`],
          ["mother", `${country.story.dossier}/documents/${id}`],
          ["mother", `/portal/apply/${id}`],
          ["officer", `/one-door/dossiers/${id}`],
          ["officer", `${country.story.atOneDoor}/documents/${id}`],
          ["officer", `${country.story.atOneDoor}/attachments/0/${id}`],
          ["registrar", `/civil-status/applications/${id}`],
          ["registrar", `/civil-status/entries/${id}`],
          ["operator", `/exchange/messages/${id}`],
          ["stranger", `/civil-status/certificates/${id}`],
        ]) {
          assert.equal(await people[name].statusOf(path), 404, `${path} for the ${name}`);
        }
      }
    });
  });

  describe("a form that our page did not send", () => {
    it("is refused without its token, with another's, and from elsewhere", async () => {
      const mother = await Visitor.signedIn(country, "mother");
      const father = await Visitor.signedIn(country, "father");
      const token = await tokenOf(mother, "/");
      const others = await tokenOf(father, "/");
      const { dossier } = country.story;
      for (const path of ["/portal/apply/3.000722", `${dossier}/withdraw`, `${dossier}/rating`, "/sign-out", "/sign-in"]) {
        for (const [csrf, headers] of [
          [null, {}],
          ["", {}],
          ["A".repeat(43), {}],
          [others, {}],
          [token, { origin: "http://elsewhere.example" }],
          [token, { "sec-fetch-site": "cross-site" }],
        ]) {
          const form = csrf === null ? { key: "officer" } : { key: "officer", csrf };
          const status = await mother.statusOf(path, { method: "POST", form, headers });
          assert.equal(status, 403, `${path} with the token ${csrf} and ${JSON.stringify(headers)}`);
        }
      }
      await mother.open("/");
      assert.equal(await mother.page.locator(".lt-header__user").innerText(), mother.name, "still signed in");
      await mother.leave();
      await father.leave();
    });

    it("does not open again what was signed out of", async () => {
      const mother = await Visitor.signedIn(country, "mother");
      const cookies = await mother.context.cookies();
      await mother.go(() => mother.page.locator('form[action="/sign-out"] button').click());
      assert.equal(await mother.page.locator(".lt-header__user").count(), 0);
      // The session of the account goes on until it is ended, too, and then so do its cookies.
      assert.match(mother.path, /^\/identity\/logout\?/);
      await mother.press(words.SIGN_OUT);
      assert.equal(mother.path, "/");
      await mother.context.addCookies(cookies);
      assert.equal(await mother.statusOf(country.story.dossier), 303);
      await mother.leave();
    });
  });
}

async function tokenOf(visitor, path) {
  await visitor.open(path);
  return visitor.page.locator('input[name="csrf"]').first().getAttribute("value");
}
