import { useEffect, useRef } from "react";
import type { Whoami } from "@/gen/api";
import { Toasts } from "@/components/ui/toast";
import { isVisitor } from "@/rpc/client";
import { unseen } from "@/features/terminal/attention";
import { AttentionWatch } from "@/features/terminal/attention-watch";
import { NewsWatch } from "@/features/notifications/bell";
import { can, useMe } from "@/features/identity/rights";
import { VisitorPage } from "@/features/identity/visitor-page";
import { AnswerNote } from "@/features/stepup/answer-note";
import { ConfirmDialog } from "@/features/stepup/confirm-dialog";
import { usePath, segments } from "@/lib/router";
import { useStore } from "@/lib/store";
import { ConnectionBanner } from "./connection-banner";
import { Header } from "./header";
import { Opening } from "./opening";
import { Page, pageTitle } from "./routes";
import { TabBar } from "./tab-bar";
import { UpdateNote } from "./update-note";

/** The whole app: a splash, the visitor's page, or the home. */
export function App() {
  const me = useMe();
  return (
    <>
      {me === null ? <Opening /> : isVisitor(me) ? <Visitor me={me} /> : <Home me={me} />}
      <Toasts />
    </>
  );
}

function Visitor({ me }: { me: Whoami }) {
  useTitle("Hello");
  return (
    <div className="room min-h-dvh">
      <ConnectionBanner />
      <main id="main" className="px-5">
        <VisitorPage me={me} />
      </main>
    </div>
  );
}

function Home({ me }: { me: Whoami }) {
  const path = usePath();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const [place, , session] = segments(path);
  const terminal = place === "terminal" && session !== undefined && can(me, "terminal:read");
  useTitle(pageTitle(path));

  // A new page starts at its beginning for the keyboard and for screen readers.
  const area = terminal ? "terminal" : path;
  useEffect(() => {
    if (first.current) first.current = false;
    else if (area !== "terminal") main.current?.focus({ preventScroll: true });
  }, [area]);

  const watch = (
    <>
      {can(me, "terminal:read") && <AttentionWatch me={me} />}
      {can(me, "notifications:use") && <NewsWatch />}
    </>
  );
  if (terminal) {
    return (
      <div className="fixed inset-x-0 top-[var(--vvt,0px)] flex h-[var(--vvh,100dvh)] flex-col overflow-hidden bg-bg">
        {watch}
        <SkipLink />
        <Header me={me} compact />
        <ConnectionBanner />
        <UpdateNote />
        <AnswerNote />
        <ConfirmDialog />
        <main id="main" ref={main} tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
          <Page me={me} path={path} />
        </main>
      </div>
    );
  }
  return (
    <div className="room flex min-h-dvh flex-col">
      {watch}
      <SkipLink />
      <Header me={me} />
      <ConnectionBanner />
      <UpdateNote />
      <AnswerNote />
      <ConfirmDialog />
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto w-full max-w-6xl flex-1 px-4 pb-28 outline-none sm:px-8 md:pb-16"
      >
        <Page me={me} path={path} />
      </main>
      <TabBar me={me} />
    </div>
  );
}

function SkipLink() {
  return (
    <a
      href="#main"
      onClick={(e) => {
        e.preventDefault();
        document.getElementById("main")?.focus();
      }}
      className="sr-only z-50 rounded-xl bg-accent px-4 py-3 text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
    >
      Skip to the content
    </a>
  );
}

function useTitle(title: string): void {
  const news = Object.keys(useStore(unseen)).length > 0;
  useEffect(() => {
    document.title = (news ? "● " : "") + (title ? `${title} · Homie` : "Homie");
  }, [title, news]);
}
