"use strict";
// Shows the journal. Everything that came from a message is set as text, never as markup; the HTML of a mail is only ever shown in a sandboxed frame.

const list = document.getElementById("messages");
const status = document.getElementById("status");
const receiver = document.getElementById("receiver");
const shown = 200; // messages on the page
let newest = 0;
let loading = false;
let again = false;

function make(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function address(d) {
  return d.provider === "apns" || d.provider === "webpush" || d.provider === "fcm" ? d.to.slice(0, 12) + "…" + d.to.slice(-8) : d.to;
}

// withLinks writes text with its web addresses as links.
function withLinks(parent, text) {
  for (const part of text.split(/(https?:\/\/[^\s<>"]+)/)) {
    if (/^https?:\/\//.test(part)) {
      const a = make("a", "", part);
      a.href = part;
      a.target = "_blank";
      a.rel = "noreferrer noopener";
      parent.append(a);
    } else {
      parent.append(part);
    }
  }
  return parent;
}

const looks = {
  email(box, d) {
    box.append(make("h3", "", d.title || "(no subject)"));
    if (d.html) {
      const frame = make("iframe");
      frame.title = "E-mail: " + (d.title || "no subject");
      frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
      frame.loading = "lazy";
      frame.src = "/journal/" + d.seq + "/html";
      box.append(frame);
      if (d.body) {
        const plain = make("details");
        plain.append(make("summary", "", "Text part"), withLinks(make("pre"), d.body));
        box.append(plain);
      }
    } else {
      box.append(withLinks(make("pre"), d.body || "(empty)"));
    }
  },
  push(box, d) {
    const phone = make("div", "phone");
    phone.append(make("p", "clock", new Date(d.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
    const card = make("div", "card");
    const app = make("p", "app");
    app.append(make("span", "", d.from || "app"), make("span", "", level(d)));
    card.append(app);
    if (d.title) card.append(make("strong", "", d.title));
    card.append(make("span", "", d.body || (d.title ? "" : "(nothing is shown: a silent push)")));
    phone.append(card);
    box.append(phone);
  },
  sms(box, d) {
    box.append(withLinks(make("div", "bubble"), d.body || ""));
  },
};

function level(d) {
  const h = d.headers || {};
  return h["interruption-level"] || h["Urgency"] || h["priority"] || "";
}

function render(d) {
  const item = make("li");
  const box = make("article");
  const meta = make("p", "meta");
  const kinds = { email: "E-mail", push: "Push", sms: "SMS" };
  meta.append(make("span", "kind", kinds[d.channel] + " (" + d.provider + ")"), make("span", "", "to " + address(d)), make("span", "", "from " + (d.from || "unknown")));
  const time = make("time", "", new Date(d.at).toLocaleString());
  time.dateTime = d.at;
  meta.append(time);
  if (d.unanswered) meta.append(make("span", "warning", "the sender got no proper answer"));
  box.append(meta);
  looks[d.channel](box, d);
  const more = make("details");
  more.append(make("summary", "", "Details"));
  const dl = make("dl");
  for (const [name, value] of [["to", d.to], ["id", d.id], ["key", d.key], ...Object.entries(d.headers || {})]) {
    dl.append(make("dt", "", name), make("dd", "", value));
  }
  more.append(dl);
  box.append(more);
  item.append(box);
  return item;
}

function query() {
  const q = new URLSearchParams({ limit: String(shown) });
  const channel = document.querySelector("input[name=channel]:checked").value;
  if (channel) q.set("channel", channel);
  if (receiver.value.trim()) q.set("receiver", receiver.value.trim());
  return q;
}

// load fetches what is new; with reset it starts over, because a filter changed.
async function load(reset) {
  if (loading) {
    again = again || (reset ? "reset" : "more");
    return;
  }
  loading = true;
  try {
    if (reset) newest = 0;
    const q = query();
    q.set("since", String(newest));
    const found = await (await fetch("/journal?" + q)).json();
    if (reset) list.replaceChildren();
    for (const d of found) {
      list.prepend(render(d));
      newest = Math.max(newest, d.seq);
    }
    while (list.children.length > shown) list.lastChild.remove();
    status.textContent = list.children.length === 0 ? "Nothing yet." : list.children.length === shown ? "The newest " + shown + " messages." : list.children.length + (list.children.length === 1 ? " message." : " messages.");
    receivers(found);
  } catch {
    status.textContent = "The sandbox does not answer. Is it still running?";
  }
  loading = false;
  if (again) {
    const next = again;
    again = false;
    load(next === "reset");
  }
}

function receivers(found) {
  const options = document.getElementById("receivers");
  const known = new Set([...options.children].map((o) => o.value));
  for (const d of found) {
    if (known.size < 100 && !known.has(d.to)) {
      known.add(d.to);
      const o = make("option");
      o.value = d.to;
      options.append(o);
    }
  }
}

document.getElementById("filters").addEventListener("submit", (e) => e.preventDefault());
document.getElementById("filters").addEventListener("change", () => load(true));
let typing;
receiver.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => load(true), 250);
});
document.getElementById("clear").addEventListener("click", async () => {
  await fetch("/journal", { method: "DELETE" });
  load(true);
});

const events = new EventSource("/events");
events.addEventListener("message", () => {
  load(false);
  document.dispatchEvent(new Event("sandbox-changed"));
});
events.addEventListener("error", () => {
  status.textContent = "The sandbox does not answer. Is it still running?";
});
