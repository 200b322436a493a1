"use strict";
// The pretend BankID app: pending orders, and buttons to sign or cancel as a test person.

const orders = document.getElementById("orders");
const note = document.getElementById("bankid-note");
let persons = [];
const chosen = new Map(); // order → personal number, so that a refresh keeps the choice

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

async function act(order, what, body, said) {
  const res = await fetch("/bankid/orders/" + encodeURIComponent(order.orderRef) + "/" + what, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  note.textContent = res.ok ? said : (await res.json()).error;
  refresh();
}

function show(order) {
  const item = element("li");
  item.dataset.ref = order.orderRef;
  item.append(element("strong", "", order.kind === "sign" ? "Sign a text" : "Sign in"));
  item.append(element("span", "meta", "from " + order.endUserIp + ", " + order.hintCode));
  if (order.visibleText) item.append(element("pre", "", order.visibleText));
  const label = element("label", "", "As ");
  const select = element("select");
  for (const p of persons) {
    if (order.requiredPerson && order.requiredPerson !== p.personalNumber) continue;
    const o = element("option", "", p.givenName + " " + p.surname + ", " + p.personalNumber);
    o.value = p.personalNumber;
    select.append(o);
  }
  if (order.requiredPerson && select.options.length === 0) {
    const o = element("option", "", order.requiredPerson);
    o.value = order.requiredPerson;
    select.append(o);
  }
  if (chosen.has(order.orderRef)) select.value = chosen.get(order.orderRef);
  select.addEventListener("change", () => chosen.set(order.orderRef, select.value));
  label.append(select);
  const buttons = element("div", "buttons");
  const sign = element("button", "primary", "Sign");
  sign.type = "button";
  sign.addEventListener("click", () => {
    const p = persons.find((x) => x.personalNumber === select.value) || { personalNumber: select.value, givenName: "Test", surname: "Person" };
    act(order, "complete", p, "Signed as " + p.givenName + " " + p.surname + ".");
  });
  const cancel = element("button", "", "Cancel");
  cancel.type = "button";
  cancel.addEventListener("click", () => act(order, "fail", { hintCode: "userCancel" }, "Cancelled."));
  buttons.append(sign, cancel);
  item.append(label, buttons);
  return item;
}

async function refresh() {
  try {
    if (persons.length === 0) persons = await (await fetch("/bankid/persons")).json();
    const pending = (await (await fetch("/bankid/orders")).json()).filter((o) => o.status === "pending");
    document.getElementById("no-orders").hidden = pending.length > 0;
    const refs = pending.map((o) => o.orderRef + o.hintCode).join();
    if (refs !== orders.dataset.refs) { // an unchanged list keeps the focus where it is
      orders.dataset.refs = refs;
      orders.replaceChildren(...pending.map(show));
    }
  } catch {
    note.textContent = "The sandbox does not answer. Is it still running?";
  }
}

document.addEventListener("sandbox-changed", refresh);
setInterval(refresh, 5000); // orders also expire by themselves
refresh();
