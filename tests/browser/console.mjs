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
await admin.getByLabel(/A first sign-in makes the account/).check();
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
const crawler = await browser.newContext({ storageState: state, bypassCSP: true });
const pages = await crawl(await crawler.newPage());
const own = ['/', '/account'];
const visits = [
  [state, pages],
  [await bob.context().storageState(), own],
];
for (const [[look, options], [storageState, paths]] of looks.flatMap((look) => visits.map((visit) => [look, visit]))) {
  const context = await browser.newContext({ storageState, bypassCSP: true, ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  for (const path of paths) {
    await page.goto(login + path);
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
  await context.close();
}
await browser.close();
assert.deepEqual(found, []);
assert.ok(pages.length > 20, `only ${pages.length} pages were found: ${pages.join(', ')}`);
assert.deepEqual(complaints, []);
console.log(`${pages.length} pages without a violation`);
