/** So little height, in pixels, that all of it is needed for a few lines: a phone on its side with its keyboard. */
const LOW = 260;

/**
 * Keeps --vvh at the height that a soft keyboard leaves free, and --vvt at how
 * far the browser has pushed the page up for it, so that a terminal's prompt is
 * never behind the keys.
 */
export function followViewport(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const root = document.documentElement;
  const measure = () => {
    root.style.setProperty("--vvh", `${Math.round(viewport.height)}px`);
    root.style.setProperty("--vvt", `${Math.round(viewport.offsetTop)}px`);
    const keyboard = viewport.scale <= 1.05 && window.innerHeight - viewport.height > 120;
    root.toggleAttribute("data-keyboard", keyboard);
    root.toggleAttribute("data-low", viewport.scale <= 1.05 && viewport.height < LOW);
  };
  viewport.addEventListener("resize", measure);
  viewport.addEventListener("scroll", measure);
  measure();
}
