// mod_auth_openidc: Apache in front of a page that only people who signed in may see. Apache runs from a folder of its own, on
// a port of its own, and ends with this script.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request as send } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agree } from "./person.mjs";

const { ISSUER, SERVED_CLIENT, SERVER } = process.env;
const MODULES = "/usr/lib/apache2/modules";
const START_LIMIT_MS = 30_000;
const site = `http://${SERVER}`;

/** As root Apache answers as somebody else, who may read the pages and keep its cache. */
const NOBODY = { user: "nobody", group: "nogroup", id: 65534 };
const isRoot = process.getuid() === 0;

const folder = await mkdtemp(join(tmpdir(), "relying-party-"));
const modules = { mpm_event: "mpm_event", authz_core: "authz_core", authz_user: "authz_user", authn_core: "authn_core", auth_openidc: "auth_openidc" };
const configuration = `
ServerRoot "${folder}"
ServerName ${SERVER}
Listen ${SERVER}
PidFile apache.pid
${isRoot ? `User ${NOBODY.user}\nGroup ${NOBODY.group}` : ""}
ErrorLog error.log
${Object.entries(modules).map(([name, file]) => `LoadModule ${name}_module ${MODULES}/mod_${file}.so`).join("\n")}
Mutex file:${folder}
DocumentRoot "${folder}/pages"
OIDCProviderMetadataURL ${ISSUER}/.well-known/openid-configuration
OIDCClientID ${SERVED_CLIENT}
OIDCProviderTokenEndpointAuth none
OIDCRedirectURI ${site}/callback
OIDCCryptoPassphrase a-passphrase-of-the-test
OIDCResponseType code
OIDCPKCEMethod S256
OIDCScope "openid profile personal_number"
OIDCIDTokenSignedResponseAlg ES256
OIDCRemoteUserClaim sub
OIDCCacheType file
OIDCCacheDir "${folder}/cache"
OIDCPassClaimsAs none
<Location "/">
  AuthType openid-connect
  Require valid-user
</Location>
<Location "/names">
  AuthType openid-connect
  Require claim "name:Nguyễn Thị Minh An"
</Location>
<Location "/others">
  AuthType openid-connect
  Require claim "personal_number:001190000009"
</Location>
`;

/** A browser at the relying party, with its cookies. */
class Browser {
  cookies = new Map();

  /** Visits as browsers do; `fetch` would say of itself that it is a script, whom Apache sends nowhere. */
  async visit(url) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const [answer] = await once(send(url, { headers: { accept: "text/html", cookie } }).end(), "response");
    for (const set of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    const text = (await answer.toArray()).join("");
    return { status: answer.statusCode, location: answer.headers.location && new URL(answer.headers.location, site), text };
  }
}

async function start() {
  for (const page of ["index.html", "names/index.html", "others/index.html"]) {
    await mkdir(join(folder, "pages", page, ".."), { recursive: true });
    await writeFile(join(folder, "pages", page), "behind the door");
  }
  await mkdir(join(folder, "cache"));
  if (isRoot) {
    await chmod(folder, 0o755);
    await chown(join(folder, "cache"), NOBODY.id, NOBODY.id);
  }
  await writeFile(join(folder, "apache.conf"), configuration);
  const apache = spawn("/usr/sbin/apache2", ["-f", join(folder, "apache.conf"), "-DFOREGROUND"], { stdio: "inherit" });
  const until = Date.now() + START_LIMIT_MS;
  while (!(await fetch(site, { redirect: "manual" }).catch(() => null))) {
    assert.equal(apache.exitCode, null, "Apache can't start");
    assert.ok(Date.now() < until, "Apache does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return apache;
}

const apache = await start();
try {
  const browser = new Browser();
  const page = `${site}/index.html`;
  const sent = await browser.visit(page);
  assert.equal(sent.status, 302);
  const request = sent.location;
  assert.ok(request.href.startsWith(`${ISSUER}/authorize?`), request.href);
  assert.equal(request.searchParams.get("code_challenge_method"), "S256");
  const answer = await agree(request);
  const back = await browser.visit(answer);
  assert.deepEqual([back.status, back.location.href], [302, page]);
  const shown = await browser.visit(page);
  assert.deepEqual([shown.status, shown.text], [200, "behind the door"]);
  // What userinfo said decides.
  assert.equal((await browser.visit(`${site}/names/index.html`)).status, 200);
  assert.equal((await browser.visit(`${site}/others/index.html`)).status, 401);

  // Somebody else's answer, the same one again, and one with another issuer open nothing.
  for (const change of [
    (url) => url,
    (url) => (url.searchParams.set("state", "other"), url),
    (url) => (url.searchParams.set("iss", "https://evil.example"), url),
  ]) {
    const stranger = new Browser();
    await stranger.visit(change(new URL(answer)));
    assert.equal((await stranger.visit(page)).status, 302, "a stranger is sent to sign in");
  }
  console.log("signed in behind Apache");
} catch (error) {
  console.error(await readFile(join(folder, "error.log"), "utf8").catch(() => "no log"));
  throw error;
} finally {
  const ended = once(apache, "exit");
  apache.kill("SIGTERM");
  await ended;
  await rm(folder, { recursive: true, force: true });
}
