// What holds for every page that was seen: accessible by axe-core's rules, in both languages, on a wide and on a narrow
// screen; nothing wider than the screen; light; and guarded by its headers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { seenPages } from "./seen.js";
import { Visitor } from "./visitor.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [320, 1280];
/** How many pages are looked at at once. */
const AT_ONCE = 3;
/** The most a page and its style sheet may weigh on their way, in bytes. */
const PAGE_LIMIT_BYTES = 60 * 1024;
/** The one script: browsers hand out passkeys in no other way. */
const PASSKEY_SCRIPT = /<script src="\/identity\/passkey\.js" defer(="")?><\/script>/;
/** Nothing inline, nothing from elsewhere. */
const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"];

/** Pages that everybody may see, beside those of the journeys. */
const PUBLIC = [
  "/",
  "/sign-in",
  "/portal",
  "/portal?q=khai+sinh",
  "/portal?q=khong-co-gi-nhu-the",
  "/portal/services/3.000722",
  "/portal/services/1.001193",
  "/procedures",
  "/procedures?words=khai+sinh",
  "/procedures?words=khong-co-gi-nhu-the",
  "/procedures/3.000722",
  "/procedures/1.001193?on=2020-01-01",
  "/agencies",
  "/agencies?name=Tr%C3%BAc+B%E1%BA%A1ch&on-day=1&on-month=1&on-year=2025",
  "/agencies?name=khong-co-gi-nhu-the",
  "/agencies/units/00004",
  "/agencies/units/01",
  "/agencies/code?code=H26",
  "/exchange",
  "/reporting",
  "/reporting?period=2026-M10&by=that-day",
  "/reporting?period=2026-M10&unit=01",
  "/civil-status/certificates",
  "/identity/signatures",
];
/** Addresses that lead nowhere, or not for everybody, and forms filled in wrong: their pages are pages too. */
const REFUSED = [
  ["/nowhere", 404],
  ["/procedures/9.999999", 404],
  ["/exchange/messages/nothing", 404],
  ["/agencies?name=H%C3%A0&on-day=31&on-month=2&on-year=2025", 422],
  ["/agencies/code?code=H2-6", 422],
  ["/procedures?on-day=29&on-month=2&on-year=2025", 422],
  ["/reporting?period=2026-M13", 422],
  ["/reporting/births?unit=00004", 404],
  ["/civil-status/certificates?code=0000000000000000", 422],
];

export function everyPage(country) {
  describe("every page", () => {
    it("that is public is there", async () => {
      const visitor = await Visitor.arrive(country);
      for (const path of PUBLIC) await visitor.open(path);
      await visitor.leave();
    });

    it("that refuses says so", async () => {
      const visitor = await Visitor.signedIn(country, "father");
      for (const [path, status] of REFUSED) await visitor.open(path, status);
      await visitor.leave();
    });

    it("is guarded, light and in its language", async () => {
      for (const seen of seenPages()) {
        const name = `${seen.language} ${seen.method} ${seen.path}`;
        const policy = seen.headers["content-security-policy"] ?? "";
        for (const part of policyOf(seen)) assert.ok(policy.split("; ").includes(part), `${name}: ${part} is not in ${policy}`);
        assert.equal(seen.headers["x-content-type-options"], "nosniff", name);
        assert.equal(seen.headers["content-language"], seen.language, name);
        assert.doesNotMatch(seen.html.replace(PASSKEY_SCRIPT, ""), /<script|<style|\sstyle=|\son[a-z]+=|javascript:/i, name);
        assert.doesNotMatch(seen.html, /\{\d\}|\{\{|\}\}/, `${name}: a place that was not filled`);
        const weight = Buffer.byteLength(seen.html) + (await styleSheetBytes(country, seen.html));
        assert.ok(weight <= PAGE_LIMIT_BYTES, `${name} weighs ${weight} bytes`);
      }
    });

    it("is accessible, and fits a narrow screen", async (t) => {
      const waiting = seenPages();
      const found = [];
      const one = async () => {
        const context = await country.browser.newContext({ baseURL: country.url, bypassCSP: true });
        await context.addInitScript(AXE);
        const page = await context.newPage();
        for (let seen = waiting.shift(); seen; seen = waiting.shift()) {
          found.push(...(await faultsOf(page, seen, country.url)));
        }
        await context.close();
      };
      t.diagnostic(`${waiting.length} pages at ${WIDTHS.join(" and ")} pixels`);
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      assert.equal(found.length, 0, found.join("\n"));
    });
  });
}

/** What the policy of a page says. A page that leads back to a service may send its form there. */
function policyOf({ path, headers }) {
  const leadsToService = path.startsWith("/identity/") && path.includes("/authorize/");
  const [, service] = /form-action 'self' (http:\/\/127\.0\.0\.1:\d+)/.exec(headers["content-security-policy"]) ?? [];
  if (!leadsToService || !service) return POLICY;
  return POLICY.map((part) => (part.startsWith("form-action") ? `${part} ${service}` : part));
}

/** What is wrong with a page, shown again as it was. */
async function faultsOf(page, seen, url) {
  const address = new URL(seen.path, url).href;
  const isThisPage = (candidate) => candidate.href === address;
  const body = { status: 200, contentType: "text/html; charset=utf-8", body: seen.html };
  await page.route(isThisPage, (route) => route.fulfill(body));
  const faults = [];
  await page.goto(address);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const name = `${seen.language} ${width} px ${seen.method} ${seen.path}`;
    const told = await page.evaluate(look, AXE_TAGS);
    if (told.lang !== seen.language) faults.push(`${name}: lang=${told.lang}`);
    if (told.headings !== 1) faults.push(`${name}: ${told.headings} h1`);
    if (!told.hasStyle) faults.push(`${name}: no style sheet`);
    if (told.width > width) faults.push(`${name}: ${told.width} pixels wide because of ${told.widest}`);
    for (const violation of told.violations) faults.push(`${name}: ${violation}`);
  }
  await page.unroute(isThisPage);
  return faults;
}

/** Runs in the page. */
async function look(tags) {
  const { violations } = await globalThis.axe.run(document, {
    runOnly: { type: "tag", values: tags },
    resultTypes: ["violations"],
  });
  const root = document.documentElement;
  const beyond = [...document.body.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
  return {
    lang: root.lang,
    headings: document.querySelectorAll("h1").length,
    hasStyle: [...document.styleSheets].some((sheet) => sheet.cssRules.length > 100),
    width: root.scrollWidth,
    widest: beyond.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" "),
    violations: violations.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map((node) => node.html.slice(0, 200)).slice(0, 3).join(" ")}`),
  };
}

const styleSheets = new Map();

/** How many bytes the page's style sheet takes on its way. */
async function styleSheetBytes({ url }, html) {
  const [, href] = /<link rel="stylesheet" href="([^"]+)"/.exec(html) ?? assert.fail(html);
  if (!styleSheets.has(href)) styleSheets.set(href, await bytesOnTheWay(new URL(href, url)));
  return styleSheets.get(href);
}

/** What a browser would receive: compressed, if the server can. */
function bytesOnTheWay(address) {
  return new Promise((resolve, reject) => {
    const asked = get(address, { headers: { "accept-encoding": "gzip" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (part) => (bytes += part.length));
      answer.on("end", () => resolve(bytes));
      answer.on("error", reject);
    });
    asked.on("error", reject);
  });
}
