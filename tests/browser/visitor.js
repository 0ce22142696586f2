// A person at a browser, without script unless it is asked for. Every page the person sees is kept for the checks of all
// pages.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { keep } from "./seen.js";

const LOCALES = { vi: "vi-VN", en: "en-GB" };
/** How long a page may take, in milliseconds: far more than it needs, because the computer is shared. */
const PAGE_LIMIT_MS = 20_000;

export class Visitor {
  /** Somebody who is not signed in. */
  static async arrive({ browser, url }, { language = "vi", script = false } = {}) {
    const context = await browser.newContext({
      baseURL: url,
      javaScriptEnabled: script,
      locale: LOCALES[language],
      viewport: { width: 1280, height: 900 },
      acceptDownloads: true,
    });
    context.setDefaultTimeout(PAGE_LIMIT_MS);
    return new Visitor(context, await context.newPage(), language);
  }

  /** Somebody of the sandbox: `mother`, `father`, `officer`, `registrar`, `other-registrar` or `operator`. */
  static async signedIn(country, key, options = {}) {
    const visitor = await Visitor.arrive(country, options);
    await visitor.open("/sign-in");
    await visitor.go(() => visitor.page.locator(`form:has(input[name="key"][value="${key}"]) button`).click());
    visitor.name = (await visitor.page.locator(".lt-header__user").innerText()).trim();
    return visitor;
  }

  constructor(context, page, language) {
    this.context = context;
    this.page = page;
    this.language = language;
    this.response = null;
    page.on("response", (response) => {
      const request = response.request();
      const isPage = request.isNavigationRequest() && request.frame() === page.mainFrame();
      if (isPage && (response.status() < 300 || response.status() >= 400)) this.response = response;
    });
  }

  /** Opens an address and keeps what is seen. */
  async open(path, status = 200) {
    await this.page.goto(path);
    await this.look(status);
  }

  /** Does what leads to another page and keeps what is seen. */
  async go(act, status = 200) {
    const loaded = this.page.waitForEvent("load");
    await act();
    await loaded;
    await this.look(status);
  }

  /** Presses the button with these words, given as `{ vi, en }`. */
  async press(words, status = 200) {
    const button = this.main.getByRole("button", { name: words[this.language], exact: true });
    await this.go(() => button.click(), status);
  }

  /** Follows the link with these words, given as `{ vi, en }`. */
  async follow(words, status = 200) {
    await this.go(() => this.main.getByRole("link", { name: words[this.language], exact: true }).click(), status);
  }

  /** Types into fields, by their names. */
  async type(answers) {
    for (const [name, answer] of Object.entries(answers)) await this.field(name).fill(answer);
  }

  /** Chooses one of the options of a question. */
  async choose(name, value) {
    await this.main.locator(`input[name="${name}"][value="${value}"]`).check();
  }

  field(name) {
    return this.main.locator(`[name="${name}"]`);
  }

  /** What the page is about, without the shell around it. */
  get main() {
    return this.page.getByRole("main");
  }

  get path() {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }

  /** The words of the page. */
  async text() {
    return (await this.main.innerText()).replace(/\s+/g, " ");
  }

  /** The facts of the page's summary lists, by their names. */
  async facts() {
    const rows = await this.main.locator(".govuk-summary-list__row").all();
    const facts = {};
    for (const row of rows) {
      const key = (await row.locator("dt").innerText()).trim();
      facts[key] ??= (await row.locator("dd").first().innerText()).trim();
    }
    return facts;
  }

  /** Opens an address again and again until the page says these words: other agencies take a moment. */
  async waitFor(path, words, limitMs = 30_000) {
    const until = Date.now() + limitMs;
    for (;;) {
      await this.page.goto(path);
      const text = await this.text();
      if (text.includes(words)) return this.look();
      if (Date.now() > until) assert.fail(`${path} does not say ${words} after ${limitMs} ms: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Saves the file behind the link with these words, given as `{ vi, en }`, and returns its bytes. */
  async download(words) {
    const saved = this.page.waitForEvent("download");
    await this.main.getByRole("link", { name: words[this.language], exact: true }).click();
    return readFile(await (await saved).path());
  }

  /** The status of an address for this visitor, not followed anywhere. */
  async statusOf(path, options = {}) {
    return (await this.context.request.fetch(path, { maxRedirects: 0, ...options })).status();
  }

  async leave() {
    await this.context.close();
  }

  async look(status = 200) {
    assert.ok(this.response, "a page was answered");
    assert.equal(this.response.status(), status, `${this.page.url()}\n${await this.text()}`);
    await keep(this);
  }
}
