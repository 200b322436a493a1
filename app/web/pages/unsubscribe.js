const text = document.getElementById("text");
const buttons = [document.getElementById("confirm"), document.getElementById("again")];
const say = async (word, done) => {
  buttons.forEach((b) => { b.disabled = true; });
  try {
    const answer = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ "List-Unsubscribe": word }),
    });
    const gone = [400, 404].includes(answer.status);
    text.textContent = answer.ok ? done : gone ? text.dataset.expired : text.dataset.failed;
  } catch {
    text.textContent = text.dataset.failed;
  }
  buttons.forEach((b) => { b.disabled = false; });
};
buttons[0].addEventListener("click", () => say("One-Click", text.dataset.done));
buttons[1].addEventListener("click", () => say("Again", buttons[1].dataset.done));
