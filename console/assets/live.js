/** Keeps a page as it is on the server, without loading it anew. Everything works without this, too. */

const [regions, message] = ['[data-live]', '#said'];
let busy = false;
/** Until then the page is looked at often: what an order has begun may not be on it yet. */
let eagerUntil = 0;

/** Fetches a page as a document; scripts in it are not run. */
function fetched(method, address, body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.responseType = 'document';
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Error('no answer'));
    if (body) request.setRequestHeader('content-type', 'application/x-www-form-urlencoded');
    request.send(body);
  });
}

/** Returns the contents of a region without those of regions inside, which have a life of their own. */
function ownOf(region) {
  const copy = region.cloneNode(true);
  for (const inner of copy.querySelectorAll(regions)) inner.replaceChildren();
  return copy.innerHTML;
}

const fields = 'input:not([type=hidden]), textarea';

/** Returns a function that fills in again what somebody has filled in, if the fields are still there. */
function filledIn(region) {
  const filled = [...region.querySelectorAll(fields)].filter((each) => each.value !== each.defaultValue || each.checked !== each.defaultChecked);
  return () => {
    for (const { form, name, value, checked } of filled)
      for (const each of region.querySelectorAll(fields)) if (each.name === name && each.form?.action === form?.action) Object.assign(each, { value, checked });
  };
}

/** Puts the regions of another version of this page in the place of those that differ; what somebody works in stays. */
function show(page, keepMessage) {
  for (const region of document.querySelectorAll(regions)) {
    const newer = page.getElementById(region.id);
    const own = newer && ownOf(newer);
    if (!newer || own === region.dataset.own || (keepMessage && region.matches(message))) continue;
    const { activeElement } = document;
    const inside = region.contains(activeElement);
    if (inside && activeElement.matches('input, select, textarea')) continue;
    if (region.querySelector('details[open]') || (inside && activeElement.matches('summary'))) continue;
    region.dataset.own = own;
    const fillIn = filledIn(region);
    region.replaceChildren(...[...newer.childNodes].map((node) => document.importNode(node, true)));
    fillIn();
    if (inside && activeElement.id) document.getElementById(activeElement.id)?.focus();
    decorate(region);
  }
  const { every } = page.body.dataset;
  if (every) document.body.dataset.every = every;
}

async function look() {
  if (!busy && !document.hidden) {
    busy = true;
    try {
      const { status, response } = await fetched('GET', location.href);
      if (status === 401) return ended();
      if (status === 200 && response) show(response, true);
    } catch {
      // the next look may find it again
    } finally {
      busy = false;
    }
  }
  plan();
}

function ended() {
  const said = document.querySelector(message);
  if (!said) return;
  const note = document.createElement('p');
  note.className = 'notice warn';
  note.textContent = document.body.dataset.ended;
  said.replaceChildren(note);
}

let timer;
function plan() {
  clearTimeout(timer);
  const { every } = document.body.dataset;
  if (every) timer = setTimeout(look, (Date.now() < eagerUntil ? Math.min(2, every) : every) * 1000);
}

/** Sends a form and shows the page that the answer leads to: this one, as it is now. */
async function send(form, button) {
  busy = true;
  if (button) button.disabled = true;
  try {
    const { status, response, responseURL } = await fetched('POST', form.action, new URLSearchParams(new FormData(form)));
    if (!response || status === 401) return form.submit(); // the page that follows shows what was typed
    if (status !== 200 || new URL(responseURL).pathname !== location.pathname) {
      const main = document.querySelector('main');
      main.replaceChildren(...[...response.querySelector('main').childNodes].map((node) => document.importNode(node, true)));
      main.focus();
      return;
    }
    for (const details of document.querySelectorAll('details[open]')) details.open = false;
    form.reset();
    eagerUntil = Date.now() + 20_000;
    document.activeElement.blur();
    show(response, false);
    if (button?.id) document.getElementById(button.id)?.focus();
  } catch {
    form.submit();
  } finally {
    busy = false;
    if (button) button.disabled = false;
    plan();
  }
}

document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-form]')) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

/** Adds buttons that only a script can make work. */
function decorate(root) {
  if (!navigator.clipboard) return;
  for (const code of root.querySelectorAll('pre[data-copy]')) {
    if (code.parentElement.matches('.copying')) continue;
    const [around, button] = [document.createElement('div'), document.createElement('button')];
    around.className = 'copying';
    button.type = 'button';
    button.className = 'small';
    button.textContent = code.dataset.copy;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(code.innerText);
      button.textContent = code.dataset.copied;
    });
    code.replaceWith(around);
    around.append(code, button);
  }
}

for (const region of document.querySelectorAll(regions)) region.dataset.own = ownOf(region);
decorate(document);
plan();
