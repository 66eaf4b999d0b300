import { Store } from "@/lib/store";
import { tabPath, type Tab } from "./tabs";

/** What the programs in the open terminals call themselves, by the path of the tab. */
export const titles = new Store<Record<string, string>>({});

/** Notes the title of a tab's terminal; none forgets it. */
export function noteTitle(tab: Tab, title: string): void {
  titles.update(({ [tabPath(tab)]: _, ...others }) => (title ? { ...others, [tabPath(tab)]: title } : others));
}
