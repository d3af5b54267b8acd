/*
 * Keeps the status page up to date: the door says that something changed, the page is
 * fetched again, and the parts that differ are put in place. Focus, scrolling, opened
 * details and the filter stay.
 */
'use strict';

const REST = 500; // ms between two fetches, however much changes
const RETRY_FIRST = 2000, RETRY_LAST = 30000;
const TICK = 5000;

const root = document.documentElement;
const version = versionOf(document);
let ahead = 0; // of the controller's clock, in ms
let busy = false, again = false;
let retry = RETRY_FIRST;

// --- putting the new page in the place of the old one ----------------------------------

function keyOf(node) {
  return node.dataset ? node.dataset.key : undefined;
}

function copyAttributes(old, wanted) {
  for (const { name, value } of wanted.attributes)
    if (name !== 'open' && old.getAttribute(name) !== value)
      old.setAttribute(name, value);
  for (const { name } of [...old.attributes])
    if (name !== 'open' && !wanted.hasAttribute(name))
      old.removeAttribute(name);
}

function copyNode(old, wanted) {
  if (old.isEqualNode(wanted))
    return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = wanted.data;
    return;
  }
  if (old.hasAttribute('data-keep'))
    return;
  copyAttributes(old, wanted);
  copyChildren(old, wanted);
}

// Those with a key are found again wherever they are now, the others by their place.
function copyChildren(old, wanted) {
  const keys = new Set([...wanted.children].map(keyOf));
  const keyed = new Map();

  for (const child of [...old.children]) {
    const key = keyOf(child);

    if (key !== undefined && (!keys.has(key) || keyed.has(key)))
      child.remove();
    else if (key !== undefined)
      keyed.set(key, child);
  }
  let at = old.firstChild;
  for (const node of [...wanted.childNodes]) {
    const key = keyOf(node);
    const have = key === undefined ? at : keyed.get(key);

    if (!have || have.nodeName !== node.nodeName || keyOf(have) !== key) {
      old.insertBefore(document.importNode(node, true), at);
      continue;
    }
    keyed.delete(key);
    if (have === at)
      at = at.nextSibling;
    else
      old.insertBefore(have, at);
    copyNode(have, node);
  }
  while (at) {
    const next = at.nextSibling;

    at.remove();
    at = next;
  }
}

function versionOf(page) {
  const meta = page.querySelector('meta[name=version]');

  return meta ? meta.content : '';
}

function show(page) {
  const focused = document.activeElement;

  if (versionOf(page) !== version) { // its style and script may be others too
    location.reload();
    return;
  }
  if (document.title !== page.title)
    document.title = page.title;
  copyNode(document.body, page.body);
  if (focused !== document.activeElement && focused.isConnected)
    focused.focus({ preventScroll: true });
  setClock();
  tick();
  filter();
}

// --- hearing of changes ----------------------------------------------------------------

function rest(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

async function renew() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store' });

    if (answer.ok)
      show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // the stream of events breaks as well, and says so
  }
  await rest(REST);
  busy = false;
  if (again) {
    again = false;
    renew();
  }
}

function tell(live) {
  const place = document.getElementById('live');
  const words = live ? 'Live' : 'Connection lost, trying again';

  root.classList.toggle('lost', !live);
  if (place.textContent !== words)
    place.textContent = words;
}

function listen() {
  const events = new EventSource('events');

  events.addEventListener('open', () => {
    retry = RETRY_FIRST;
    tell(true);
  });
  events.addEventListener('changed', renew);
  events.addEventListener('error', () => {
    tell(false);
    if (events.readyState !== EventSource.CLOSED)
      return; // the browser tries again by itself
    setTimeout(() => {
      renew();
      listen();
    }, retry);
    retry = Math.min(retry * 2, RETRY_LAST);
  });
}

// --- times, as page_relative() tells them ----------------------------------------------

function relative(seconds) {
  const s = Math.abs(seconds);
  let count = `${s} s`;

  if (s < 5)
    return seconds < 0 ? 'just now' : 'now';
  if (s >= 129600)
    count = `${Math.floor((s + 43200) / 86400)} days`;
  else if (s >= 5400)
    count = `${Math.floor((s + 1800) / 3600)} h`;
  else if (s >= 90)
    count = `${Math.floor((s + 30) / 60)} min`;
  return seconds < 0 ? `${count} ago` : `in ${count}`;
}

function setClock() {
  const told = Date.parse(document.body.dataset.now);

  ahead = Number.isNaN(told) ? 0 : told - Date.now();
}

function tick() {
  const now = Date.now() + ahead;

  for (const time of document.getElementsByTagName('time')) {
    let seconds = Math.round((Date.parse(time.dateTime) - now) / 1000);

    if (time.className === 'until')
      seconds = Math.max(seconds, 0);
    const words = relative(seconds);

    if (time.textContent !== words)
      time.textContent = words;
  }
}

// --- what the page does for the hand at it ---------------------------------------------

function filter() {
  const box = document.getElementById('filter');
  const rows = document.getElementById('rows');

  if (!box || !rows)
    return;
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;

  for (const row of rows.rows) {
    const text = words.length > 0 ? row.textContent.toLowerCase() : '';

    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  const told = words.length > 0 ? `${shown} of ${rows.rows.length}` : '';
  const place = document.getElementById('shown');

  if (place.textContent !== told)
    place.textContent = told;
}

async function copy(button) {
  const command = button.parentNode.querySelector('code').textContent;

  await navigator.clipboard.writeText(command);
  button.classList.add('copied');
  setTimeout(() => button.classList.remove('copied'), 1500);
}

document.addEventListener('input', (event) => {
  if (event.target.id === 'filter')
    filter();
});
document.addEventListener('click', (event) => {
  if (event.target.classList.contains('copy'))
    copy(event.target);
});
root.classList.add('live-page');
if (navigator.clipboard)
  root.classList.add('can-copy');
setClock();
tick();
setInterval(tick, TICK);
filter();
listen();
