// The pages that were seen, each kind once in each language, as they were shown.

/** A page as it was shown: `{ path, method, status, language, headers, html }`. */
const pages = new Map();

/** All pages seen so far. */
export function seenPages() {
  return [...pages.values()];
}

/** Keeps the page in front of a visitor; a page that was asked for and not sent, in the other language too. */
export async function keep({ page, context, response, language, path }) {
  const method = response.request().method();
  const status = response.status();
  add({ path, method, status, language, headers: response.headers(), html: await page.content() });
  if (method !== "GET") return;
  const other = language === "vi" ? "en" : "vi";
  const cookies = (await context.cookies()).filter((cookie) => cookie.name !== "lang");
  const cookie = [...cookies.map(({ name, value }) => `${name}=${value}`), `lang=${other}`].join("; ");
  const answer = await fetch(page.url(), { headers: { accept: "text/html", cookie }, redirect: "manual" });
  if (answer.status !== status) return;
  add({ path, method, status, language: other, headers: Object.fromEntries(answer.headers), html: await answer.text() });
}

function add(seen) {
  const key = [seen.language, seen.status, shape(seen)].join(" ");
  if (!pages.has(key)) pages.set(key, seen);
}

/** What makes two pages alike: their address but for its numbers, and which kinds of elements they have. */
function shape({ path, html }) {
  const address = path.split("?")[0].replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z0-9]{16}|\d+/g, "");
  const kinds = html.match(/<[a-z][a-z0-9]*( class="[^"]*")?/g);
  return [address, ...new Set(kinds)].sort().join(" ");
}
