// Light or dark before the first paint: as chosen, else as the screen wishes, also when that changes.
const wish = matchMedia("(prefers-color-scheme: dark)");

function look() {
  const page = document.documentElement;
  if (page.dataset.look === "auto") page.dataset.bsTheme = wish.matches ? "dark" : "light";
}

look();
wish.addEventListener("change", look);
