import { describe, expect, it } from "vitest";
import { joinCommand, splitCommand } from "./argv";

describe("a command line", () => {
  it.each([
    ["", []],
    ["  htop -d  10 ", ["htop", "-d", "10"]],
    [`echo 'a b' "c \\"d\\" \\n"`, ["echo", "a b", 'c "d" \\n']],
    [`a\\ b ''`, ["a b", ""]],
    [`say 'it'\\''s'`, ["say", "it's"]],
    ["echo $HOME;rm *", ["echo", "$HOME;rm", "*"]],
    [`--name="x y"`, ["--name=x y"]],
  ])("%j", (line, words) => expect(splitCommand(line)).toEqual({ words, error: null }));

  it("says what is wrong with it", () => {
    expect(splitCommand("echo 'a").error).toContain("'");
    expect(splitCommand('echo "a').error).toContain('"');
    expect(splitCommand("echo \\").words).toBeNull();
  });

  it("comes back from its words", () => {
    for (const words of [["sh", "-c", "echo \"a\" 'b' \\ $x"], [""], ["a b", "ü", "-x=1"]])
      expect(splitCommand(joinCommand(words)).words).toEqual(words);
  });
});
