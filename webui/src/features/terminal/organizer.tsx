import { useEffect } from "react";
import type { Whoami } from "@/gen/api";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { ask, asked, done } from "./dialogs";
import { LabelDialog } from "./label-dialog";
import { ProfileEditor } from "./profile-editor";
import { ProfilePicker } from "./profile-picker";
import { terminalFor } from "./registry";
import { opens } from "./shortcuts";
import { SnippetEditor } from "./snippet-editor";
import { SnippetPicker } from "./snippet-picker";
import { StartDialog } from "./start-dialog";
import { Switcher } from "./switcher";
import { lastTab, sameTab, tabs, type Tab } from "./tabs";

interface Props {
  me: Whoami;
  /** The tab that has the keyboard, if one is shown. */
  shown: Tab | null;
}

/** The windows about terminals, and the keys that open them from anywhere here. */
export function Organizer({ me, shown }: Props) {
  const about = useStore(asked);
  const mayType = can(me, "terminal:write");
  useEffect(() => {
    const keyDown = (e: KeyboardEvent) => {
      const what = opens(e);
      if (!what || (what === "snippets" && !mayType)) return;
      e.preventDefault();
      e.stopPropagation();
      ask({ what });
    };
    window.addEventListener("keydown", keyDown, true); // before the terminal has it
    return () => window.removeEventListener("keydown", keyDown, true);
  }, [mayType]);
  useEffect(() => done, []);
  const terminal = shown && terminalFor(shown);
  // Where the keyboard is to be by then: what was chosen may have gone elsewhere.
  const focus = () => {
    const last = lastTab.get();
    if (last && tabs.get().some((t) => sameTab(t, last))) terminalFor(last).focus();
  };
  const returnFocus = shown ? focus : undefined;
  switch (about?.what) {
    case "switch":
      return <Switcher me={me} onClose={done} returnFocus={returnFocus} />;
    case "snippets":
      return <SnippetPicker terminal={terminal} onClose={done} returnFocus={returnFocus} />;
    case "snippet":
      return <SnippetEditor snippet={about.snippet} onClose={() => ask({ what: "snippets" })} />;
    case "profiles":
      return <ProfilePicker onClose={done} returnFocus={returnFocus} />;
    case "profile":
      return <ProfileEditor profile={about.profile} onClose={() => ask({ what: "profiles" })} />;
    case "start":
      return <StartDialog node={about.node} profile={about.profile} dir={about.dir} onClose={done} />;
    case "label":
      return <LabelDialog session={about.session} onClose={done} returnFocus={returnFocus} />;
    case undefined:
      return null;
  }
}
