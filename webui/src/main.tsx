import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/app";
import { client } from "@/app/client";
import { ErrorBoundary } from "@/app/error-boundary";
import { startRouter } from "@/lib/router";
import { startTheme } from "@/lib/theme";
import { followViewport } from "@/lib/viewport";
import { followPage } from "@/rpc/page";
import { startWorker } from "@/features/notifications/push";
import "./styles.css";

startTheme();
startRouter();
followViewport();
followPage(client);
client.start();
startWorker();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
