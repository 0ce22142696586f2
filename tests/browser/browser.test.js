// One country, one Chromium, and all that people do there.

import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { badInput } from "./bad-input.js";
import { births } from "./birth.js";
import { startCountry } from "./country.js";
import { foreignAccess } from "./foreign-access.js";
import { identity } from "./identity.js";
import { keyboard } from "./keyboard.js";
import { everyPage } from "./pages.js";
import { signing } from "./signing.js";

/** Where the country is and the browser that visits it; filled before the first test. */
const country = {};

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

before(async () => {
  const [running, browser] = await Promise.all([
    startCountry(),
    chromium.launch({ executablePath: CHROMIUM, args: QUIET, chromiumSandbox: false }),
  ]);
  Object.assign(country, running, { browser });
});

after(async () => {
  await country.browser?.close();
  await country.stop?.();
});

births(country);
badInput(country);
keyboard(country);
foreignAccess(country);
identity(country);
signing(country);
// Last, because it looks at every page that was seen before.
everyPage(country);
