// While a spreadsheet is on its way and looked at, the page says so, and nobody sends it twice.

document.getElementById("bring").addEventListener("submit", (event) => {
  document.getElementById("working").hidden = false;
  for (const button of event.target.querySelectorAll("button")) setTimeout(() => (button.disabled = true));
});
window.addEventListener("pageshow", () => {
  document.getElementById("working").hidden = true;
  for (const button of document.querySelectorAll("#bring button")) button.disabled = false;
});
