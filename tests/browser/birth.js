// A birth, from a parent's application to the signed certificate, and the ways it can go instead. Without script.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { expectError } from "./bad-input.js";
import { apply, at, decide, fullName, newborn, openFromList } from "./steps.js";
import { Visitor } from "./visitor.js";
import * as words from "./words.js";

/** Fewer messages cannot have made the results: submission, filing, number, residence, card, delivery. */
const MESSAGES_AT_LEAST = 6;

export function births(country) {
  describe("a birth", () => {
    it("goes from the mother's application to the signed certificate", async () => {
      const child = newborn("An", "CS-2026-0001");
      const mother = await Visitor.signedIn(country, "mother");
      const submission = await apply(mother, child);
      const path = `/portal/dossiers/${submission}`;
      await mother.waitFor(path, words.STATES.submitted.vi);

      const officer = await Visitor.signedIn(country, "officer");
      await openFromList(officer, "/one-door", child);
      const atOneDoor = officer.path;
      assert.ok((await officer.text()).includes("Khớp"), "the applicant's record was compared");
      await decideBadly(officer, "refuse", "Ghi từ");
      await decide(officer, "receive");
      await officer.open(atOneDoor);
      const code = await officer.page.locator(".govuk-caption-l").innerText();
      await mother.waitFor(path, words.STATES.inProgress.vi);
      assert.equal((await mother.facts())["Mã hồ sơ"], code);

      const registrar = await Visitor.signedIn(country, "registrar");
      await openFromList(registrar, "/civil-status", child);
      const application = registrar.path;
      assert.doesNotMatch(await registrar.text(), /Khác|Chưa rõ/, "both parents are as they were declared");
      await decideBadly(registrar, "return", "Ghi lý do");
      await decide(registrar, "register");

      await mother.waitFor(path, words.STATES.returned.vi);
      const { number, url } = await certificateOf(country, mother, child);
      const card = await pdfText(await mother.download(words.HEALTH_CARD));
      assert.ok(card.includes(fullName(child).toUpperCase()) || card.includes(fullName(child)), card);
      const facts = await mother.facts();
      assert.equal(facts["Số định danh cá nhân của con"], number);
      const cardNumber = facts["Số thẻ bảo hiểm y tế của con"].replace(/\s/g, "");
      assert.ok(card.replace(/\s/g, "").includes(cardNumber), `${cardNumber} in ${card}`);
      for (const paper of [words.RECEIPT, words.RESIDENCE]) await checkSignature(country, await mother.download(paper));
      assert.ok((await mother.text()).includes(words.STATES.inProgress.vi), "the time line has the states before");

      await officer.open(atOneDoor);
      assert.ok((await officer.text()).includes(words.STATES.returned.vi));
      await officer.leave();
      const entry = await registrarSeesTheEntry(registrar, application, number);
      await registrar.leave();
      await anyoneChecksTheCertificate(country, url);
      const message = await operatorHoldsEveryProof(country, [submission, code]);
      await everyFigureOpens(country);
      const document = await linkOf(mother, words.CERTIFICATE);
      country.story = { dossier: path, document, atOneDoor, application, entry, message };
      await motherLooksBack(mother, path);
      await mother.leave();
    });

    it("is sent back by the registrar, supplied, and registered", async () => {
      const child = newborn("Bình");
      const mother = await Visitor.signedIn(country, "mother", { language: "en" });
      const path = `/portal/dossiers/${await apply(mother, child)}`;
      await mother.follow(words.WITHDRAW);
      await receive(country, child);

      const registrar = await Visitor.signedIn(country, "registrar", { language: "en" });
      await openFromList(registrar, "/civil-status", child);
      const application = registrar.path;
      const reason = "Thiếu số giấy chứng sinh. Hãy bổ sung.";
      await decide(registrar, "return", { reason, confirmed: false });

      await mother.waitFor(path, words.STATES.supplementAsked.en);
      assert.ok((await mother.text()).includes(reason), "the mother reads what is missing");
      await mother.follow(words.REPLY);
      await mother.press(words.START);
      at(mother, "check");
      await mother.go(() => mother.main.getByRole("link", { name: /^Change\s+Number of the birth notice/ }).click());
      at(mother, "child");
      await mother.type({ "birth-notice": "CS-2026-0002" });
      await mother.press(words.SAVE);
      at(mother, "check");
      await mother.choose("declared", "yes");
      await mother.press(words.SUBMIT_REPLY);
      assert.equal(mother.path, `${path}?done=reply`);

      await openFromList(registrar, "/civil-status", child);
      assert.equal(registrar.path, application, "it is the same application");
      assert.equal((await registrar.facts())["Number of the birth notice"], "CS-2026-0002");
      await decide(registrar, "register");
      await mother.waitFor(path, words.STATES.returned.en);
      await certificateOf(country, mother, child);
      await registrar.leave();
      await mother.leave();
    });

    it("is refused at the one-door, with the reason", async () => {
      const child = newborn("Châu");
      const father = await Visitor.signedIn(country, "father", { language: "en" });
      const path = `/portal/dossiers/${await apply(father, child)}`;
      const officer = await Visitor.signedIn(country, "officer", { language: "en" });
      await openFromList(officer, "/one-door", child);
      const reason = "Hồ sơ đã được nộp trực tiếp tại phường.";
      await decide(officer, "refuse", { reason });
      await officer.leave();

      await father.waitFor(path, words.STATES.notReceived.en);
      assert.ok((await father.text()).includes(reason), "the father reads why");
      const registrar = await Visitor.signedIn(country, "registrar");
      await registrar.open("/civil-status");
      assert.ok(!(await registrar.text()).includes(fullName(child)), "nothing reaches the registrar");
      await registrar.leave();
      await father.leave();
    });
  });
}

/** Decides nothing, then something that needs a reason without one. */
async function decideBadly(official, decision, said) {
  await official.press(words.CONTINUE, 422);
  await expectError(official, "decision", { vi: "Chọn" });
  await official.choose("decision", decision);
  await official.type({ reason: "Ngắn" });
  await official.press(words.CONTINUE, 422);
  await expectError(official, "reason", { vi: said });
  assert.equal(await official.field("reason").inputValue(), "Ngắn", "what was typed is kept");
  await official.type({ reason: "" });
}

async function receive(country, child) {
  const officer = await Visitor.signedIn(country, "officer", { language: "en" });
  await openFromList(officer, "/one-door", child);
  await decide(officer, "receive");
  await officer.leave();
}

/** The child's certificate as the parent saves it: the number on it, and the address its QR code leads to. */
async function certificateOf(country, parent, child) {
  const pdf = await parent.download(words.CERTIFICATE);
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await checkSignature(country, pdf);
  const text = await pdfText(pdf);
  assert.ok(text.includes(fullName(child).toUpperCase()), text);
  const [, number] = /Số định danh cá nhân:\s*(\d{12})/.exec(text) ?? assert.fail(text);
  // The address that the QR code leads to stands beside it, broken into lines.
  const [url] = /http:[^ ]+?\/certificates\/[0-9A-Z]{16}/.exec(text.replace(/\s+/g, "")) ?? assert.fail(text);
  return { number, url };
}

async function pdfText(pdf) {
  return withFile(pdf, (file) => run("pdftotext", ["-layout", file, "-"]));
}

/**
 * The signature holds, says poppler. What stands behind it, which poppler does not know, is what proves it in the long term and
 * nothing else, says the country's own verifier.
 */
async function checkSignature(country, pdf) {
  const told = await withFile(pdf, (file) => run("pdfsig", ["-nocert", file]));
  assert.match(told, /Signature is Valid/, told);
  const answer = await fetch(`${country.url}/identity/signatures/verify`, {
    method: "POST",
    headers: { "content-type": "application/pdf" },
    body: pdf,
  });
  const report = await answer.json();
  assert.equal(report.verdict, "passed", JSON.stringify(report));
  assert.deepEqual(report.signatures.map(({ level }) => level), ["B-LT"]);
}

async function withFile(bytes, use) {
  const folder = await mkdtemp(join(tmpdir(), "lienthong-pdf-"));
  try {
    const file = join(folder, "document.pdf");
    await writeFile(file, bytes);
    return use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(program, options) {
  const { status, stdout, stderr, error } = spawnSync(program, options, { encoding: "utf8" });
  assert.equal(status, 0, `${program}: ${error ?? stderr}`);
  return stdout;
}

async function registrarSeesTheEntry(registrar, application, number) {
  await registrar.waitFor(application, "Đã đăng ký");
  await registrar.follow({ vi: "Xem nội dung trong Sổ đăng ký khai sinh" });
  const entry = registrar.path;
  assert.equal((await registrar.facts())["Số định danh cá nhân"], number);
  await registrar.open(`${entry}/amendment`);
  await registrar.open("/civil-status/books");
  return entry;
}

/** The address that stands in the QR code is open to everyone, and names nobody. */
async function anyoneChecksTheCertificate(country, url) {
  const anyone = await Visitor.arrive(country);
  await anyone.open(url);
  const text = await anyone.text();
  assert.ok(text.includes("Giấy khai sinh này có trong Sổ hộ tịch"), text);
  assert.doesNotMatch(text, /\b\d{12}\b|Chu /);
  const proof = await anyone.download({ vi: "Tải bằng chứng" });
  assert.match(proof.toString(), /^c2sp\.org\/tlog-proof@v1\n/);
  await anyone.leave();
}

async function linkOf(visitor, text) {
  return visitor.main.getByRole("link", { name: text[visitor.language], exact: true }).getAttribute("href");
}

/** The operator finds the messages of each case, and the proof of each holds. */
async function operatorHoldsEveryProof(country, cases) {
  const operator = await Visitor.signedIn(country, "operator");
  const messages = new Set();
  for (const code of cases) {
    await operator.open("/exchange/messages");
    await operator.type({ case: code });
    await operator.go(() => operator.field("case").press("Enter"));
    for (const link of await operator.main.locator('a[href^="/exchange/messages/"]').all()) {
      messages.add(await link.getAttribute("href"));
    }
  }
  assert.ok(messages.size >= MESSAGES_AT_LEAST, `${messages.size} messages`);
  for (const message of messages) {
    await operator.open(message);
    assert.ok((await operator.text()).includes("Bằng chứng đã được kiểm tra"), await operator.text());
  }
  const receipt = await operator.download({ vi: "Tải biên nhận để tự kiểm tra ngoại tuyến" });
  assert.equal(typeof JSON.parse(receipt), "object");
  await operator.leave();
  return [...messages][0];
}

/** From the country's figure to the message by which the birth was told of, and its proof. */
async function everyFigureOpens(country) {
  const operator = await Visitor.signedIn(country, "operator");
  await operator.open("/reporting");
  for (const below of ["table a", "table a", 'a[href^="/reporting/births?"]', "table a", "table a"]) {
    await operator.go(() => operator.main.locator(below).first().click());
  }
  assert.match(operator.path, /^\/exchange\/messages\//);
  assert.ok((await operator.text()).includes("Bằng chứng đã được kiểm tra"), await operator.text());
  await operator.leave();
}

/** The mother sees who read her data and says how it went. */
async function motherLooksBack(mother, path) {
  await mother.open("/portal/my-data");
  assert.ok((await mother.text()).includes("Đăng ký hộ tịch"), "the registrar's reading is shown");
  for (const own of ["/population", "/population/accesses", "/insurance", "/portal/dossiers"]) await mother.open(own);
  await mother.open(path);
  await mother.follow(words.RATE);
  await mother.press(words.SEND_RATING, 422);
  await mother.choose("rating", "5");
  await mother.type({ words: "Nhanh và rõ ràng." });
  await mother.press(words.SEND_RATING);
  assert.equal(mother.path, `${path}?done=rating`);
}
