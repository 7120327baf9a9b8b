// The console in front of a real browser: from the first start to the first provisioned user, and every page on the way
// held to WCAG 2.2 AA by axe-core, light and dark, on a phone and on a desk.
//
//   node console.mjs '{"chromium": "/usr/bin/chromium", "login": "http://login.localhost:PORT", "link": "…", …}'
//
// The settings name the sign-in host `login`, a fresh login `link`, the provider's `issuer`, our `client` there with its
// `secret`, and the `upstream` of an application. With `screenshots`, a folder, each page is left there as it was looked
// at. Ends with 1 and the reason at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const settings = JSON.parse(process.argv[2]);
const { login, issuer } = settings;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 20_000;
// More pages of one shape tell nothing new.
const mostPages = 60;

const browser = await chromium.launch({
  executablePath: settings.chromium,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
});

// What our pages complained of: scripts, broken policies, files that did not load.
const complaints = [];

async function person() {
  const context = await browser.newContext();
  context.setDefaultTimeout(patience);
  context.on('console', (message) => {
    const { url } = message.location();
    // A form that cannot be taken as it is comes back as 422, which the console of the browser mentions.
    const expected = message.text().includes('422');
    if (['error', 'warning'].includes(message.type()) && !expected && url.startsWith(login)) {
      complaints.push(`${url}: ${message.text()}`);
    }
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  const page = await context.newPage();
  return { context, page };
}

async function heading(page, title) {
  const is = (title) => document.querySelector('h1')?.textContent.trim() === title;
  await page.waitForFunction(is, title).catch(async () => {
    assert.fail(`${page.url()} is not headed ${title}: ${await page.innerText('main')}`);
  });
}
const press = (page, name) => page.getByRole('button', { name, exact: true }).last().click();

async function signIn(page, url, username) {
  await page.goto(url);
  await page.waitForURL((url) => url.origin === issuer);
  await page.fill('[name=username]', username);
  await page.click('button');
  await page.waitForURL((url) => url.origin !== issuer);
}

// --- From the first start to the first provisioned user ---------------------------------------------------------------

const { context: admins, page: admin } = await person();
await admin.goto(settings.link);
await heading(admin, 'Open the console');
await press(admin, 'Open the console');
await heading(admin, 'Overview');
assert.equal(await admin.getByText('First steps').count(), 1);

await admin.getByRole('link', { name: /Name the first organization/ }).click();
await admin.getByLabel('Name', { exact: true }).fill('Home lab');
await admin.getByLabel('Id', { exact: true }).fill('home-lab');
await press(admin, 'Create');
await heading(admin, 'Home lab');

await admin.goto(`${login}/console/idps/_new?preset=other`);
await admin.getByLabel('Name', { exact: true }).fill('Company login');
await admin.getByLabel('Id', { exact: true }).fill('company');
await admin.getByLabel('Issuer URL').fill(issuer);
await press(admin, 'Look it up');
await admin.getByLabel('Client id').fill(settings.client);
await admin.getByLabel('Client secret').fill(settings.secret);
await admin.getByLabel(/^Auto provision/).check();
await admin.getByText('Claims and protocol').click();
await admin.getByLabel('Scopes').fill('openid profile email groups');
await press(admin, 'Add');
await heading(admin, 'Company login');

await admin.goto(`${login}/console/idps/company/policy`);
await admin.locator('input[name="org-kind"][value="text"]').check();
await admin.getByLabel('Org selector').fill("contains(groups, '{{orgId}}')");
await admin.locator('input[name="role-kind"][value="text"]').check();
await admin.getByLabel('Role selector').fill("contains(groups, 'admin') && 'Admin' || 'Member'");
await press(admin, 'Preview and save');
await press(admin, settings.save ?? 'Save');
await admin.waitForURL((url) => url.searchParams.get('done') === 'saved');

// An organization admin comes in by what the policy gives.
const { page: alice } = await person();
await signIn(alice, `${login}/console`, 'alice');
await heading(alice, 'Home lab');
const { page: bob } = await person();
await signIn(bob, `${login}/account`, 'bob');
await heading(bob, 'Your account');
assert.ok((await bob.textContent('main')).includes('Member'));
console.log('from the first start to the first provisioned user');

// --- Somebody made beforehand, by an organization's admin, who then signs in -------------------------------------------

await alice.goto(`${login}/console/organizations/home-lab/people/_new`);
await alice.getByLabel(/e-mail/i).first().check();
await alice.getByLabel('E-mail address or identifier').fill('carol@example.com');
await alice.locator('input[name=role][value=Member]').check();
await press(alice, 'Add');
await alice.waitForURL((url) => !url.pathname.endsWith('_new'));
await alice.goto(`${login}/console/organizations/home-lab/people?state=waiting`);
assert.ok((await alice.textContent('main')).includes('waiting for first sign-in'));
const { page: carol } = await person();
await signIn(carol, `${login}/account`, 'carol');
await heading(carol, 'Your account');
assert.ok((await carol.textContent('main')).includes('Member'));
console.log('whoever was made beforehand holds what they were given');

// --- A policy changed, after looking at whom it concerns ----------------------------------------------------------------

await admin.goto(`${login}/console/idps/company/policy`);
await admin.locator('input[name="org-kind"][value="text"]').check();
await admin.getByLabel('Org selector').fill("contains(groups, 'admin') && '{{orgId}}'");
await press(admin, 'Preview and save');
const impact = admin.getByRole('region', { name: 'Who gains and who loses' });
assert.match(await impact.textContent(), /home-lab\/Member\s*loses\s*1\s*bob/);
for (const box of await admin.locator('.warning input[type=checkbox]').all()) await box.check();
await press(admin, 'Save');
await admin.waitForURL((url) => url.searchParams.get('done') === 'saved');
// Saved, it counts from the next sign-in, unless the losses are taken at once.
await press(admin, 'Take them away now');
const loses = Date.now() + patience;
do {
  assert.ok(Date.now() < loses, 'bob keeps a role that was taken away');
  await bob.goto(`${login}/account`);
} while ((await bob.textContent('main')).includes('Member'));
console.log('a policy is changed after looking at whom it concerns');

// --- A selector checked as it is typed, and the decision beside it -------------------------------------------------------

await admin.goto(`${login}/console/idps/company/policy`);
// It goes with the page: whatever follows happens without another one.
await admin.evaluate(() => { document.documentElement.dataset.still = 'here'; });
const says = async (what, words) => {
  await admin.locator(what).getByText(words).first().waitFor().catch(async () => {
    assert.fail(`${what} says ${await admin.locator(what).innerText()}, and not ${words}`);
  });
};
await admin.locator('input[name="org-kind"][value="text"]').check();
const selector = admin.getByLabel('Org selector');
await selector.fill("contains(groups, 'admin'");
await says('#org-says', /expected|Expected|closed|end/);
await selector.fill("contain(groups, 'admin')");
await says('#org-says', /contain/);
await selector.fill("contains(groups, 'admin') && '{{orgId}}'");
await says('#org-says', 'There is no mistake in it.');
await admin.getByLabel('Claims to try it on').fill('{"groups": ["admin"]}');
await says('#outcome', 'granted');
await selector.fill("contains(groups, 'nobody') && '{{orgId}}'");
await says('#outcome', 'no match');
await admin.getByLabel('Claims to try it on').fill('');
await admin.getByLabel("Or somebody's last sign-in").fill('alice');
await selector.fill("contains(groups, 'admin') && '{{orgId}}'");
await says('#outcome', 'granted');
assert.equal(await admin.evaluate(() => document.documentElement.dataset.still), 'here');
assert.equal(await selector.inputValue(), "contains(groups, 'admin') && '{{orgId}}'");
console.log('a selector is checked, and decides, as it is typed');

// --- An application for programs, and a program -------------------------------------------------------------------------

await admin.goto(`${login}/console/organizations/home-lab/applications/_new`);
await admin.getByLabel('Name', { exact: true }).fill('Desk');
await admin.getByLabel('Id', { exact: true }).fill('desk');
await admin.getByLabel('Public hosts').fill('desk.localhost');
await admin.getByLabel('Upstream', { exact: true }).fill(`http://${settings.upstream}`);
await press(admin, 'Test the upstream');
await admin.getByRole('status').getByText('200').waitFor();
// What is folded away opens by itself where it is not as usual.
assert.equal(await admin.getByLabel('Programs may enter').isVisible(), false);
await admin.getByText('Programs and pages of other origins').click();
await admin.getByLabel('Programs may enter').check();
await press(admin, 'Publish');
await heading(admin, 'Desk');
await admin.getByRole('link', { name: 'Edit', exact: true }).click();
assert.equal(await admin.getByLabel('Programs may enter').isChecked(), true);
assert.equal(await admin.getByLabel('Programs may enter').isVisible(), true);
assert.equal(await admin.getByLabel('Time to connect').isVisible(), false);
await admin.goto(`${login}/console/organizations/home-lab/service-accounts`);
await admin.getByLabel('Name', { exact: true }).fill('backup');
await admin.locator('input[name=role][value=Member]').check();
await press(admin, 'Make service account');
await heading(admin, 'backup');
const program = new URL(admin.url()).pathname;
await admin.getByLabel('Issuer', { exact: true }).fill('https://ci.example.com');
await admin.getByLabel('Subject', { exact: true }).fill('repo:example/desk');
await press(admin, 'Add subject');
await admin.waitForURL((url) => url.searchParams.get('done') === 'saved');
console.log('a program has an account of its own');

// --- Every page, looked at -----------------------------------------------------------------------------------------------

await admin.goto(`${login}/console/people`);
const state = await admins.storageState();
// What axe-core looks at runs beside the page's own policy, which stays in force above.
const shape = (path) => path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}').replace(/\?.*/, '');

async function crawl(page) {
  const [seen, queue, pages] = [new Set(), ['/console'], []];
  while (queue.length && pages.length < mostPages) {
    const path = queue.shift();
    if (seen.has(shape(path))) continue;
    seen.add(shape(path));
    const response = await page.goto(login + path);
    if (!response || !response.headers()['content-type']?.startsWith('text/html')) continue;
    pages.push(path);
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')));
    queue.push(...links.filter((link) => link.startsWith('/console') && !link.includes('/export')));
  }
  return pages;
}

const looks = [
  ['desk-light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['desk-dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['phone-light', { colorScheme: 'light', viewport: { width: 360, height: 740 } }],
  ['phone-dark', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
];
const found = [];
const crawled = async (storageState) => {
  const crawler = await browser.newContext({ storageState, bypassCSP: true });
  return crawl(await crawler.newPage());
};

// Holds the page that is open to what is promised of every page.
async function inspect(page, look, path) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
  );
  for (const { id, help, nodes } of violations) {
    found.push(`${look} ${path}: ${id}: ${help}: ${nodes.map((node) => node.target.join(' ')).slice(0, 3).join('; ')}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) found.push(`${look} ${path}: ${wide} pixels wider than the window`);
  if (settings.screenshots) {
    const name = shape(path).replaceAll('/', '_').replaceAll(/[{}]/g, '');
    await page.screenshot({ path: `${settings.screenshots}/${name}.${look}.png`, fullPage: true });
  }
}

// What only a form leads to: a token that is shown once, and forms that come back.
async function tokens(page, look) {
  for (const path of [program, '/account']) {
    await page.goto(login + path);
    await page.getByRole('region', { name: 'New token' }).getByLabel('Name', { exact: true }).fill(`a program of ${look}`);
    await press(page, 'Make token');
    await page.getByText('it is shown only once').waitFor();
    await inspect(page, look, `${path}/made`);
    await press(page, 'Make token');
    await page.locator('.wrong').first().waitFor();
    await inspect(page, look, `${path}/wrong`);
  }
}

async function application(page, look) {
  await page.goto(`${login}/console/organizations/home-lab/applications/_new`);
  await page.getByText('Connection', { exact: true }).click();
  await page.getByLabel('Time to connect').fill('soon');
  await page.getByText(/Rules by path/).click();
  await press(page, 'Add a rule');
  await press(page, 'Publish');
  await page.locator('.wrong').first().waitFor();
  assert.equal(await page.getByLabel('Time to connect').isVisible(), true);
  await inspect(page, look, '/console/organizations/home-lab/applications/wrong');
}

const pages = await crawled(state);
const alices = await alice.context().storageState();
const hers = await crawled(alices);
assert.ok(hers.every((path) => /^\/console(\/organizations\/home-lab.*)?$/.test(path)), hers.join(', '));
const visits = [
  [state, pages, application],
  [alices, hers, tokens],
  [await bob.context().storageState(), ['/', '/account'], async () => {}],
];
for (const [[look, options], [storageState, paths, rest]] of looks.flatMap((look) => visits.map((visit) => [look, visit]))) {
  const context = await browser.newContext({ storageState, bypassCSP: true, ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  for (const path of paths) {
    await page.goto(login + path);
    await inspect(page, look, path);
  }
  await rest(page, look);
  await context.close();
}
await browser.close();
assert.deepEqual(found, []);
assert.ok(pages.length > 20, `only ${pages.length} pages were found: ${pages.join(', ')}`);
assert.ok(hers.length > 12 && hers.includes(program), `only ${hers.length} of an organization's: ${hers.join(', ')}`);
assert.ok(pages.includes(program), pages.join(', '));
assert.deepEqual(complaints, []);
console.log(`${pages.length} pages, and ${hers.length} as an organization's admin sees them, without a violation`);
