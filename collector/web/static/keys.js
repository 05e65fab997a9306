// "/" goes to the search field, as in other tools; not while somebody is typing.
document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  const typing = document.activeElement.matches("input, textarea, select");
  if (event.key !== "/" || typing || !find || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  find.focus();
});
