import { Store } from "@/lib/store";
import { toastError } from "@/components/ui/toast";
import { localError } from "@/rpc/errors";
import type { OpenTerminal } from "./terminal";
import { uploads } from "./upload-panel";

/** Lets a person choose files of this device, photos included, and sends them. */
export function pickFiles(terminal: OpenTerminal): void {
  const field = document.createElement("input");
  field.type = "file";
  field.multiple = true;
  field.hidden = true;
  field.setAttribute("aria-label", "Files to send");
  field.addEventListener("change", () => {
    uploads.add(terminal.tab, field.files ?? []);
    field.remove();
  });
  field.addEventListener("cancel", () => field.remove());
  document.body.append(field); // iOS opens nothing for one outside of the page
  field.click();
}

/** Whether what is dragged is files of this device. */
export function hasFiles(data: DataTransfer): boolean {
  return data.types.includes("Files");
}

/** Sends what was dropped. A folder has to be packed first. */
export function sendDropped(terminal: OpenTerminal, data: DataTransfer): void {
  const files: File[] = [];
  let folders = 0;
  for (const item of data.items) {
    if (item.kind !== "file") continue;
    const file = item.getAsFile();
    if (item.webkitGetAsEntry?.()?.isDirectory) folders++;
    else if (file) files.push(file);
  }
  if (folders > 0) {
    toastError("Folders can’t be sent", localError("unsupported", "Pack the folder into one file, such as a zip, and send that."));
  }
  uploads.add(terminal.tab, files);
}

/** Pictures on the clipboard that were pasted into a terminal, and wait for a word. */
export const pastedFiles = new Store<{ terminal: OpenTerminal; files: File[] } | null>(null);

/** Asks about files on the clipboard. False: there are none, or text beside them. */
export function offerPasted(terminal: OpenTerminal, data: DataTransfer): boolean {
  if (data.files.length === 0 || data.getData("text/plain") !== "") return false;
  const now = new Date();
  const stamp = [now.getFullYear(), now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes(), now.getSeconds()]
    .map((n) => String(n).padStart(2, "0"))
    .join("");
  const files = [...data.files].map((f) =>
    f.name === "image.png" ? new File([f], `pasted-${stamp}.png`, { type: f.type, lastModified: f.lastModified }) : f,
  );
  pastedFiles.set({ terminal, files });
  return true;
}
