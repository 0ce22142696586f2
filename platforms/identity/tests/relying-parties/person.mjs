// The person and their browser: signed in already, agrees to what is asked, and is led back to the relying party.

const cookies = process.env.COOKIES;

const visit = (url, options = {}) =>
  fetch(url, { redirect: "manual", ...options, headers: { accept: "text/html", cookie: cookies, ...options.headers } });

/** Goes to an authorization URL and gives the URL of the relying party that it leads back to. */
export async function agree(url) {
  const begun = await visit(url);
  const request = new URL(begun.headers.get("location"), url);
  const page = await visit(request);
  if (page.status === 303) return new URL(page.headers.get("location"));
  const html = await page.text();
  const form = new URLSearchParams({ csrf: html.match(/name="csrf" value="([^"]+)"/)[1], answer: "agree" });
  for (const box of html.match(/<input[^>]*name="fields"[^>]*>/g) ?? []) {
    form.append("fields", box.match(/value="([^"]+)"/)[1]);
  }
  const answered = await visit(request, { method: "POST", body: form, headers: { origin: request.origin } });
  if (answered.status !== 303) throw new Error(`the consent was answered with ${answered.status}`);
  return new URL(answered.headers.get("location"));
}
