// The search box: shows the operations whose text holds every word that was typed.
const search = document.getElementById("search");
const articles = [...document.querySelectorAll("article")].map((article) => ({
  article, link: document.querySelector(`[data-for="${article.id}"]`), text: article.textContent.toLowerCase(),
}));
const sections = [...document.querySelectorAll("nav section, main > section")];
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { article, link, text } of articles) {
    const fits = words.every((word) => text.includes(word));
    article.hidden = link.hidden = !fits;
    shown += fits;
  }
  for (const section of sections) section.hidden = !section.querySelector("article:not([hidden]), li:not([hidden])");
  document.getElementById("nothing").hidden = shown > 0;
});
