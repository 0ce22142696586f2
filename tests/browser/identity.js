// An account from its opening to its recovery, a passkey of a virtual authenticator, and a service that asks for data. Script
// is on for passkeys only: browsers hand them out in no other way.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Visitor } from "./visitor.js";
import * as words from "./words.js";

const PASSWORD = "gà trống gáy ba lần";
const NEW_PASSWORD = "con mèo trèo cây cau";
const SMS_LIMIT_MS = 20_000;
const LEVEL_TWO = "urn:lienthong:assurance:2";

export function identity(country) {
  /** Who opens an account here, and what they keep of it. */
  const an = {};
  describe("an identification account", () => {
    it("is opened at level 1", async () => {
      Object.assign(an, somebody(country));
      const visitor = await Visitor.arrive(country);
      await visitor.open("/identity/sign-up");
      await visitor.press(words.CONTINUE, 422);
      await visitor.type({
        number: an.number,
        name: an.name,
        "birth-date-day": an.born.day,
        "birth-date-month": an.born.month,
        "birth-date-year": an.born.year,
        contact: an.phone,
        "new-password": PASSWORD,
        "repeat-password": PASSWORD,
      });
      await visitor.press(words.CONTINUE);
      const [code] = await codes(country, an.phone, 1);
      await visitor.type({ code: code === "000000" ? "000001" : "000000" });
      await visitor.press(words.CONTINUE, 422);
      await visitor.type({ code });
      await visitor.press(words.CONTINUE);
      [an.recoveryKey] = /(?:[A-Z0-9]{4}-){5}[A-Z0-9]{4}/.exec(await visitor.text());
      await visitor.open("/identity");
      assert.ok((await visitor.text()).includes(an.name));
      for (const path of ["history", "consents", "mandates", "organisations", "posts", "keys", "keys/password", "keys/totp", "keys/contact"]) {
        await visitor.open(`/identity/${path}`);
      }
      await visitor.leave();
    });

    it("is signed in to with a passkey", async () => {
      const visitor = await Visitor.arrive(country, { script: true });
      await plug(visitor);
      await signIn(country, visitor, an);
      await addPasskey(visitor, "");
      await visitor.open("/identity");
      await visitor.press(words.SIGN_OUT);
      await visitor.follow(words.WITH_PASSKEY);
      await visitor.press(words.USE_PASSKEY);
      assert.equal(visitor.path, "/identity");
      await visitor.open("/identity/history");
      an.withPasskey = visitor;
    });

    it("gives a service what was ticked, and a level above its own only with the key of the office", async () => {
      const service = await Service.start(country);
      try {
        const visitor = an.withPasskey;
        await visitor.open(service.request());
        assert.match(visitor.path, /^\/identity\/authorize\//);
        assert.ok((await visitor.text()).includes("Bàn giúp dân"));
        await visitor.main.locator('input[name="fields"][value="personal-number"]').uncheck();
        const told = await service.answered(visitor, () => visitor.main.getByRole("button", { name: words.AGREE.vi, exact: true }).click());
        assert.deepEqual([told.name, told.personal_number], [an.name, undefined]);

        // Level 2: two officials check the person, and the passkey is bound by the code they give.
        await visitor.open(service.request({ acr_values: LEVEL_TWO }));
        assert.match(visitor.path, /^\/identity\/sign-in\?.*why=level$/);
        const officeCode = await checkAtOffice(country, an);
        // The device keeps one passkey for an account, so the new one takes the place of the old.
        await addPasskey(visitor, officeCode);
        await visitor.open(service.request({ acr_values: LEVEL_TWO }));
        await visitor.follow(words.WITH_PASSKEY);
        const atLevel = await service.answered(visitor, () => visitor.main.getByRole("button", { name: words.USE_PASSKEY.vi, exact: true }).click());
        assert.equal(atLevel.acr, LEVEL_TWO);
        assert.equal(atLevel.sub, told.sub);

        await visitor.open("/identity/consents");
        assert.ok((await visitor.text()).includes("Bàn giúp dân"));
        await visitor.press(words.TAKE_BACK);
        assert.equal((await service.userInfo(atLevel.access_token)).status, 401);
      } finally {
        service.stop();
      }
    });

    it("shows its sessions, and ends one", async () => {
      const other = await Visitor.arrive(country, { language: "en" });
      await signIn(country, other, an);
      const own = an.withPasskey;
      await own.open("/identity/sessions");
      const ends = own.main.getByRole("button", { name: words.END.vi, exact: true });
      const before = await ends.count();
      assert.ok(before >= 2, await own.text());
      const headings = await own.main.locator("h2").count();
      assert.equal(headings, 2, "one of them is this session, and below stand the browsers that are known");
      // The other one was used last, so it comes first unless it is this one.
      const forms = await own.main.locator('form:has(input[name="session"])').all();
      const current = await own.main.locator("h2 ~ form").first().locator('input[name="session"]').inputValue();
      for (const form of forms) {
        if ((await form.locator('input[name="session"]').inputValue()) !== current) {
          await own.go(() => form.getByRole("button").click());
          break;
        }
      }
      assert.equal(await own.main.getByRole("button", { name: words.END.vi, exact: true }).count(), before - 1);
      await own.leave();
      await other.leave();
    });

    it("is recovered with the key that was written down, and a code", async () => {
      const visitor = await Visitor.arrive(country, { language: "en" });
      await visitor.open("/identity/recover");
      await visitor.type({ number: an.number, "recovery-key": an.recoveryKey, "new-password": NEW_PASSWORD, "repeat-password": NEW_PASSWORD });
      const known = sent(country, an.phone).length;
      await visitor.press(words.CONTINUE);
      const code = (await codes(country, an.phone, known + 1)).at(-1);
      await visitor.type({ code });
      await visitor.press(words.CONTINUE);
      const [key] = /(?:[A-Z0-9]{4}-){5}[A-Z0-9]{4}/.exec(await visitor.text());
      assert.notEqual(key, an.recoveryKey);
      await visitor.open("/identity/history");
      assert.ok((await visitor.text()).includes("Password reset with the recovery key"));
      await visitor.leave();
    });
  });
}

/** A grown person of the country who has no account yet. */
function somebody({ data }) {
  const script = `
import json, sqlite3, sys
people = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
number, family, middle, given, day = people.execute(
    "SELECT number, family, middle, given, birth_day FROM people WHERE death_day IS NULL AND birth_day BETWEEN ? AND ?"
    " ORDER BY number DESC LIMIT 1", (int(sys.argv[2]), int(sys.argv[3]))).fetchone()
print(json.dumps([number, family, middle, given, day]))
`;
  const DAY_MS = 86_400_000;
  const day = (text) => String(Date.parse(text) / DAY_MS);
  const file = join(data, "g01", "population.sqlite");
  const asked = spawnSync("python3", ["-c", script, file, day("1970-01-01"), day("1995-12-31")], { encoding: "utf8" });
  assert.equal(asked.status, 0, asked.stderr);
  const [number, family, middle, given, birth] = JSON.parse(asked.stdout);
  const born = new Date(birth * DAY_MS);
  return {
    number: String(number).padStart(12, "0"),
    name: [family, middle, given].filter(Boolean).join(" "),
    born: { day: String(born.getUTCDate()), month: String(born.getUTCMonth() + 1), year: String(born.getUTCFullYear()) },
    phone: `09${String(randomBytes(4).readUInt32BE() % 10 ** 8).padStart(8, "0")}`,
  };
}

/** The messages that were sent to a phone, the oldest first: identifiers of files are in the order of time. */
function sent({ data }, phone) {
  const folder = join(data, "g01", "post", "sms");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".json")).sort();
  const messages = files.map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  return messages.filter((message) => message.to.address === `+84${phone.slice(1)}`).map((message) => message.text);
}

/** The codes among them, once there are so many messages. */
async function codes(country, phone, count) {
  const until = Date.now() + SMS_LIMIT_MS;
  while (sent(country, phone).length < count) {
    assert.ok(Date.now() < until, `no message number ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return sent(country, phone).map((text) => /\b\d{6}\b/.exec(text)?.[0]);
}

async function signIn(country, visitor, an) {
  await visitor.open("/identity/sign-in");
  await visitor.type({ number: an.number, password: PASSWORD });
  const known = sent(country, an.phone).length;
  await visitor.press(words.SIGN_IN);
  const code = (await codes(country, an.phone, known + 1)).at(-1);
  await visitor.type({ code });
  await visitor.press(words.CONTINUE);
  assert.equal(visitor.path, "/identity");
}

/** Plugs a device that makes and keeps passkeys into the visitor's browser (WebAuthn, section 11). */
export async function plug(visitor) {
  const devices = await visitor.context.newCDPSession(visitor.page);
  await devices.send("WebAuthn.enable");
  await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

export async function addPasskey(visitor, officeCode) {
  await visitor.open("/identity/keys");
  await visitor.type({ label: "Điện thoại", "office-code": officeCode });
  await visitor.press(words.ADD_PASSKEY);
  await visitor.press(words.MAKE_PASSKEY);
  assert.equal(visitor.path, "/identity/keys?done=yes", await visitor.text());
}

/** Two officials check the person at their counter. Gives the code for the person. */
async function checkAtOffice(country, an) {
  const first = await Visitor.signedIn(country, "officer");
  await first.open("/identity/office");
  await first.type({ number: an.number, document: `CCCD ${an.number}` });
  await first.choose("compared", "yes");
  await first.press(words.NOTE_CHECK);
  await first.open("/identity/office/organisations");
  await first.leave();
  const second = await Visitor.signedIn(country, "registrar");
  await second.open("/identity/office");
  await second.press(words.CONFIRM);
  const [code] = /[A-Z0-9]{4}(?:-[A-Z0-9]{4})+/.exec(await second.text()) ?? assert.fail(await second.text());
  await second.leave();
  return code;
}

/** A service of a citizens' desk that people sign in to. */
class Service {
  static async start(country) {
    const service = new Service();
    service.server = createServer((request, response) => {
      // A browser asks for a picture of the site too.
      if (request.url.startsWith("/cb?")) service.answer = new URL(request.url, service.address);
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end("<!doctype html><html lang=vi><title>Bàn giúp dân</title><h1>Bàn giúp dân</h1>");
    });
    await new Promise((resolve) => service.server.listen(0, "127.0.0.1", resolve));
    service.address = `http://127.0.0.1:${service.server.address().port}`;
    await service.register(country);
    return service;
  }

  async register({ program, data, url }) {
    const joined = spawnSync(program, ["join", "--data", data, "--agency", "G22", "--system", "people-desk"], { encoding: "utf8" });
    assert.equal(joined.status, 0, joined.stderr);
    const value = (name) => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(joined.stdout)[1];
    const answer = await fetch(`${value("node")}/r1/VN/GOV/G01/identity/clients/registrations`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-road-client": "VN/GOV/G22/people-desk",
        "x-lienthong-token": value("token"),
        "x-lienthong-purpose": "identification",
        "x-lienthong-legal-basis": "69/2024/ND-CP:7",
      },
      body: JSON.stringify({
        code: "web",
        name_vi: "Bàn giúp dân",
        name_en: "Citizens' desk",
        redirect_uris: [`${this.address}/cb`],
        authentication: "none",
        purpose_vi: "Hướng dẫn thủ tục",
        purpose_en: "Help with procedures at the desk",
        fields: ["name", "personal_number"],
      }),
    });
    const registered = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(registered));
    this.client = registered.client_id;
    this.provider = `${url}/identity`;
  }

  /** The path of a request to sign in. */
  request(changes = {}) {
    this.verifier = randomBytes(32).toString("base64url");
    const parameters = new URLSearchParams({
      response_type: "code",
      client_id: this.client,
      redirect_uri: `${this.address}/cb`,
      scope: "openid profile personal_number",
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: randomBytes(8).toString("hex"),
      ...changes,
    });
    return `/identity/authorize?${parameters}`;
  }

  /** What the service learns once the person was led back to it. */
  async answered(visitor, act) {
    await Promise.all([visitor.page.waitForURL((url) => url.href.startsWith(`${this.address}/cb?`)), act()]);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: this.client,
      code: this.answer.searchParams.get("code"),
      redirect_uri: `${this.address}/cb`,
      code_verifier: this.verifier,
    });
    const token = await (await fetch(`${this.provider}/token`, { method: "POST", body: form })).json();
    assert.ok(token.access_token, JSON.stringify(token));
    const { acr } = JSON.parse(Buffer.from(token.id_token.split(".")[1], "base64url"));
    const told = await (await this.userInfo(token.access_token)).json();
    return { ...told, acr, access_token: token.access_token };
  }

  userInfo(token) {
    return fetch(`${this.provider}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
