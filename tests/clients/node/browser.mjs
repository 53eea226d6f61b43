// A browser without a window: it keeps cookies, follows redirects and fills in forms.
// And the sandbox whose tokens name it as their issuer, as OpenID Connect clients want it.

import assert from "node:assert/strict";

export const based = JSON.parse(process.env.SANDBOX_BASE);

export const CALLBACK = "http://localhost:8400/callback";
export const SIGNED_OUT = "http://localhost:8400/signed-out";

/** A chain whose client signs in by browser. */
export async function seedBrowser({ client = {}, ...more } = {}) {
  const seed = {
    identity_pool: false,
    client: { callback_urls: [CALLBACK], logout_urls: [SIGNED_OUT], ...client },
    ...more,
  };
  const response = await fetch(`${based.url}/_sandbox/seed`, {
    method: "POST",
    body: JSON.stringify(seed),
    headers: { "X-Sandbox-Control": based.control_token },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

export class Browser {
  #jar = new Map();

  /** Opens a URL, and follows redirects until a page or an address of the app. */
  async open(url, options = {}) {
    for (let hops = 0; hops < 20; hops += 1) {
      const here = new URL(url);
      if (here.href.startsWith(CALLBACK) || here.href.startsWith(SIGNED_OUT)) return { url: here };
      const jar = this.#jarOf(here);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(here, {
        ...options,
        headers: { ...options.headers, cookie },
        redirect: "manual",
      });
      for (const line of response.headers.getSetCookie()) {
        const [name, value] = line.split(";", 1)[0].split(/=(.*)/s);
        if (/max-age=0(;|$)/i.test(line) || value === "") jar.delete(name);
        else jar.set(name, value);
      }
      const location = response.headers.get("location");
      if (!location) return { url: here, status: response.status, html: await response.text() };
      url = new URL(location, here);
      options = {};
    }
    throw new Error("redirects without end");
  }

  /** Fills in a form of the page and sends it. */
  async submit(page, fields, number = 0) {
    const form = page.html?.split(/<form\b/)[number + 1]?.split("</form>")[0];
    assert.ok(form, `no form: ${page.url} ${page.html}`);
    const read = (tag, name) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]);
    const body = new URLSearchParams();
    for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
      const name = read(tag, "name");
      if (name && !(name in fields)) body.set(name, read(tag, "value") ?? "");
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return this.open(new URL(read(form, "action"), page.url), { method: "POST", body });
  }

  /** Signs a seeded user in at the page of the pool. */
  async signIn(url, chain) {
    const page = await this.open(url);
    return this.submit(page, { username: chain.username, password: chain.password });
  }

  #jarOf(url) {
    if (!this.#jar.has(url.host)) this.#jar.set(url.host, new Map());
    return this.#jar.get(url.host);
  }
}

function plain(text) {
  const names = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return text?.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => names[name]);
}
