// The product's promises, kept in front of a real browser.
//
//   node journey.mjs '{"chromium": "/usr/bin/chromium", "wiki": "http://wiki.localhost:PORT", …}'
//
// The settings name the origins of the applications `wiki`, `notes` and `books`, of the sign-in host `login` and of the
// provider `issuer`. Prints what went well, line by line; ends with 1 and the reason at the first thing that did not.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const settings = JSON.parse(process.argv[2]);
const { wiki, notes, books, login, issuer } = settings;
const ours = [wiki, notes, books, login];
const patience = 20_000;

const browser = await chromium.launch({
  executablePath: settings.chromium,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

// What our pages complained of: errors of scripts and the console, broken policies, files that did not load.
const complaints = [];
// Documents and fetches that are meant to be refused; the console tells of them too.
const refused = new Set();

async function person(options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  const visited = [];
  context.on('request', (request) => request.isNavigationRequest() && visited.push(request.url()));
  context.on('console', (message) => {
    const { url } = message.location();
    const expected = message.text().startsWith('Failed to load resource') && refused.has(url);
    const speaks = ['error', 'warning'].includes(message.type());
    if (speaks && !expected && ours.some((origin) => url.startsWith(origin))) complaints.push(`${url}: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return { context, visited };
}

// Goes to `url` and signs in as `username`; nothing may ask before the provider does.
async function signIn(page, url, username) {
  await page.goto(url);
  await atProvider(page, username);
}

async function atProvider(page, username) {
  await page.waitForURL((url) => url.origin === issuer);
  await page.fill('[name=username]', username);
  await page.click('button');
}

// What the application received with the request for the page now shown.
async function received(page) {
  const { headers, ...rest } = JSON.parse(await page.textContent('#received'));
  return { ...rest, header: (name) => headers.filter(([other]) => other === name).map(([, value]) => value) };
}

// The page is one of ours, and looks like it.
async function isOurs(page, title) {
  await page.waitForFunction((title) => document.querySelector('h1')?.textContent === title, title);
  // A heading may stand before the stylesheet has come.
  await page.waitForLoadState('load');
  const rules = await page.evaluate(() => [...document.styleSheets].map((sheet) => sheet.cssRules.length));
  assert.ok(rules.length === 1 && rules[0] > 10, `${page.url()} has no stylesheet`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${page.url()} is ${wide} pixels wider than the window`);
}

const fetched = (page, path) =>
  page.evaluate(async (path) => {
    const response = await fetch(path);
    return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
  }, path);

const promises = {
  async 'a first visit arrives at exactly the page it asked for'() {
    const { context, visited } = await person();
    const page = await context.newPage();
    const asked = `${wiki}/deep/page?x=1&y=%C3%BC#frag`;
    await signIn(page, asked, 'alice');
    await page.waitForURL(`${wiki}/deep/**`);
    assert.equal(page.url(), asked);

    const seen = await received(page);
    assert.equal(seen.target, '/deep/page?x=1&y=%C3%BC');
    assert.deepEqual(seen.header('remote-user'), ['alice']);
    assert.deepEqual(seen.header('remote-groups'), ['Admin']);
    assert.deepEqual(seen.header('remote-email'), ['alice@example.com']);
    assert.equal(seen.header('x-vestibule-assertion').length, 1);
    assert.deepEqual(seen.header('cookie'), []);
    assert.equal(await page.evaluate(() => document.cookie), '');
    return { context, visited, page };
  },

  async 'a second application opens without the provider, and one sign-out ends both'({ context, visited, page }) {
    const other = await context.newPage();
    const before = visited.length;
    await other.goto(`${notes}/deep/page`);
    assert.equal(other.url(), `${notes}/deep/page`);
    assert.deepEqual((await received(other)).header('remote-user'), ['alice']);
    assert.ok(!visited.slice(before).some((url) => url.startsWith(issuer)), 'the provider was asked again');
    assert.equal(await other.evaluate(() => document.cookie), '');

    const left = await context.newPage();
    await left.goto(`${wiki}/deep/page`);
    const home = await context.newPage();
    await home.goto(login);
    await isOurs(home, 'Hello, Alice Archer');
    assert.equal(await home.evaluate(() => document.cookie), '');
    assert.equal(await home.getByRole('link', { name: 'Notes' }).getAttribute('href'), `${notes}/`);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await isOurs(page, 'You are signed out');
    await home.reload();
    await isOurs(home, 'Welcome');
    // Pages that were left open ask for something.
    for (const [tab, origin] of [[other, notes], [left, wiki]]) {
      refused.add(`${origin}/data`);
      const { status, type, body } = await fetched(tab, '/data');
      assert.equal(status, 401, `${origin} still answers`);
      assert.equal(type, 'application/problem+json');
      assert.equal(body.status, 401);
    }
    await context.close();
  },

  async 'tabs that sign in at once all arrive'() {
    const { context } = await person();
    const tabs = [await context.newPage(), await context.newPage(), await context.newPage()];
    const asked = [`${wiki}/deep/page?tab=1`, `${wiki}/deep/page?tab=2`, `${notes}/deep/page?tab=3`];
    await Promise.all(tabs.map((tab, index) => tab.goto(asked[index])));
    for (const [index, tab] of tabs.entries()) {
      await atProvider(tab, 'alice');
      await tab.waitForURL(asked[index]);
    }
    for (const tab of tabs) {
      await tab.reload();
      assert.deepEqual((await received(tab)).header('remote-user'), ['alice']);
    }
    await context.close();
  },

  async 'who may not enter is told so with a reference, and may sign in as someone else'() {
    const { context } = await person({ viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const asked = `${wiki}/admin/page?x=1`;
    refused.add(asked);
    await signIn(page, asked, 'bob');
    await page.waitForURL(asked);
    await isOurs(page, 'You may not enter here');
    assert.match(await page.textContent('.reference code'), /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
    assert.match(await page.textContent('.account'), /Bob Baker/);

    await page.getByRole('link', { name: 'Sign in as someone else' }).click();
    await atProvider(page, 'alice');
    await page.waitForURL(asked);
    assert.deepEqual((await received(page)).header('remote-user'), ['alice']);
    await context.close();
  },

  async 'who can sign in in two ways is asked, and no page needs a script'() {
    const { context } = await person({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${books}/deep/page`);
    await isOurs(page, 'Sign in to continue to Books');
    const choices = await page.locator('.choices strong').allTextContents();
    assert.deepEqual(choices, ['Company login', 'Book club login']);
    assert.match(await page.textContent('.choices'), /Run by Book club/);
    await page.getByRole('link', { name: 'Book club login' }).click();
    await atProvider(page, 'alice');
    await page.waitForURL(`${books}/deep/page`);
    assert.deepEqual((await received(page)).header('remote-groups'), ['Reader']);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await isOurs(page, 'You are signed out');
    await context.close();
  },

  async 'an unknown host says so on a page that looks like ours'() {
    const { context } = await person();
    const page = await context.newPage();
    const nowhere = wiki.replace('wiki.', 'nowhere.');
    ours.push(nowhere);
    refused.add(`${nowhere}/`);
    const response = await page.goto(`${nowhere}/`);
    assert.equal(response.status(), 421);
    await isOurs(page, 'Nothing lives at this address');
    await context.close();
  },
};

let given;
for (const [promise, keep] of Object.entries(promises)) {
  try {
    given = (await keep(given)) ?? given;
    assert.deepEqual(complaints, [], 'our pages complain');
    console.log(`kept: ${promise}`);
  } catch (error) {
    console.error(`BROKEN: ${promise}\n${error.stack}\ncomplaints: ${JSON.stringify(complaints, null, 2)}`);
    await browser.close();
    process.exit(1);
  }
}
await browser.close();
