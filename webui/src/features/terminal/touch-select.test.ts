import { expect, it } from "vitest";
import { wordAt } from "./touch-select";

const word = (text: string, x: number) => {
  const cells = [...text];
  const { from, to } = wordAt(cells, x);
  return cells.slice(from, to).join("");
};

it("takes a path, an option and an address for a word", () => {
  const text = "cp -r /srv/media/a.mkv 'nas@den:~/x' $";
  expect(word(text, 10)).toBe("/srv/media/a.mkv");
  expect(word(text, 3)).toBe("-r");
  expect(word(text, 26)).toBe("nas@den:~/x");
  expect(word(text, 37)).toBe("$");
  expect(word(text, 2)).toBe(" ");
  expect(word(text, 99)).toBe("$");
});

it("takes wide characters whole", () => {
  expect(wordAt([..."a "].concat(["漢", "", "字", ""]), 3)).toEqual({ from: 2, to: 6 });
});
