const text = document.getElementById("text");
const button = document.getElementById("confirm");
const token = decodeURIComponent(location.hash.slice(1));
const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const answer = await fetch("/v1/signin/email-confirmations", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify({ token }),
    });
    const gone = [400, 404, 422].includes(answer.status);
    text.textContent = answer.ok ? text.dataset.done : gone ? text.dataset.expired : text.dataset.failed;
    button.hidden = answer.ok || gone;
  } catch {
    text.textContent = text.dataset.failed;
  }
  button.disabled = false;
});
