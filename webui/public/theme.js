// Runs before the first paint, so that the page never flashes in the wrong
// colours. src/lib/theme.ts owns the choice afterwards.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("homie.theme");
  } catch (e) {
    // Storage may be switched off; the system's choice is used then.
  }
  var dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  var meta = document.querySelector('meta[name="theme-color"]');
  if (meta) meta.content = dark ? "#17120f" : "#f5efe6";
})();
