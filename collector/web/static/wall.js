// The wall board shows itself anew; when the collector does not answer it stays as it was and says so.
const again = document.querySelector("[data-again-s]");
const stale = document.getElementById("stale");
const words = JSON.parse(document.body.dataset.words);
setInterval(async () => {
  try {
    const answer = await fetch(location.href, { headers: { "Cache-Control": "no-cache" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("content").replaceWith(page.getElementById("content"));
    stale.hidden = true;
  } catch {
    stale.textContent = words.stale.replace("%(time)s", new Date().toLocaleTimeString());
    stale.hidden = false;
  }
}, again.dataset.againS * 1000);
